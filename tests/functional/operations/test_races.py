"""Two callers, of two processes, change one thing at the same time.

What is there then is what one of the two orders makes, and who was refused
reads what came first. CONCERTIM_TEST_ROUNDS: how often each pair is tried.
"""

from __future__ import annotations

import contextlib
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from concertim_api import bootstrap
from concertim_api.clouds import openstack
from concertim_api.clouds.simulator import Simulator
from concertim_api.domain.errors import Conflict, NotFound
from concertim_api.http.session import Patience
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.common.listing import EVERY_PROJECT, Listing, equal
from concertim_api.services.operations.operations import Target
from tests import databases
from tests.functional import built

ROUNDS = int(os.environ.get("CONCERTIM_TEST_ROUNDS", 20))

CALLERS = (Caller("ann"), Caller("bob"))

GONE, REFUSED = "gone", None


class Roles:
    """A user in a team. The state: the role of Keystone that she has."""

    #: (action, its arguments) -> the function of a state, as it is meant
    PLANS = {
        ("assign", "admin"): lambda state: "manager",
        ("assign", "member"): lambda state: "member",
        ("unassign",): lambda state: "none",
        ("unassign", "member"): lambda state: (
            "none" if state == "member" else state
        ),
    }

    def __init__(self, site, number, chance):
        self.site = site
        self.user = site.add_user(f"user-{number}")["id"]
        team = site.add_project(f"CM_{number}")
        team["description"] = "Concertim Managed Project"
        self.team, self.start = team["id"], chance.choice(("none", "member"))
        if self.start != "none":
            site.assign(site.users[self.user], team, self.start)

    @property
    def id(self):
        return self.team

    def do(self, services, caller, plan):
        action, *role = plan
        act = getattr(services.role_actions, action)
        act(caller, EVERY_PROJECT, self.team, self.user, *role)

    @property
    def state(self):
        roles = [
            assignment["role"]["name"]
            for assignment in self.site.role_assignments
            if assignment["user"]["id"] == self.user
        ]
        return " and ".join(sorted(roles)) or "none"


class _Resource:
    def __init__(self, kind, thing, name):
        self.thing, self.name = thing, name
        self.target = Target("RegionOne", kind, thing["id"], name, "p1")
        self.id = thing["id"]


class Servers(_Resource):
    """A server. The state: that of Nova."""

    PLANS = {
        ("stop",): lambda state: _step(state, "active", "stopped"),
        ("suspend",): lambda state: _step(state, "active", "suspended"),
        ("destroy",): lambda state: GONE,
    }
    start = "active"

    def __init__(self, site, number, chance):
        self.site = site
        name = f"server-{number}"
        super().__init__("instance", site.add_server({"id": "p1"}, name), name)

    def do(self, services, caller, plan):
        services.device_actions.act_on(caller, self.target, plan[0], {})

    @property
    def state(self):
        if self.id not in self.site.servers:
            return GONE
        return self.thing["OS-EXT-STS:vm_state"]


class Stacks(_Resource):
    """A stack. The state: that of Heat."""

    PLANS = {
        ("suspend",): lambda state: (
            REFUSED if state == GONE else "SUSPEND_COMPLETE"
        ),
        ("destroy",): lambda state: GONE,
    }
    start = "CREATE_COMPLETE"

    def __init__(self, site, number, chance):
        self.site = site
        stack = site.add_cluster(site.projects["p1"], f"cluster-{number}")
        super().__init__("stack", stack, stack["stack_name"])

    def do(self, services, caller, plan):
        rack_actions = services.rack_actions
        rack_actions.act_on(caller, self.target, self.name, plan[0])

    @property
    def state(self):
        stack = self.site.stacks.get(self.id)
        status = stack["stack_status"] if stack else "DELETE_COMPLETE"
        return GONE if status == "DELETE_COMPLETE" else status


def _step(state, before, after):
    return after if state in (before, after) else REFUSED


def orders(subject, plans, refused):
    """Yield what each order makes: the state, and who is refused.

    ``refused``: whom we refused; nothing is done for them.
    """
    for order in ((0, 1), (1, 0)):
        state, losers = subject.start, set(refused)
        for n in order:
            if n in refused:
                continue
            after = subject.PLANS[plans[n]](state)
            losers |= {n} if after is REFUSED else set()
            state = state if after is REFUSED else after
        yield state, losers


@pytest.fixture(params=databases.at_hand())
def workers(request, tmp_path):
    """A simulated cloud, and the services of two processes for it."""
    clock = bootstrap.SystemClock()
    patience = Patience(retries=0, sleep=lambda seconds: None)
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(contextlib.closing(Simulator()))
        simulator.start()
        # An order takes its time, so that two of them meet.
        simulator.fault("^(POST|PUT|PATCH|DELETE) (?!.*/auth/)", delay=0.02)
        simulator.site.add_project("CM_physics", "p1")
        database = databases.new_database(request.param, tmp_path)
        url = stack.enter_context(database)
        conf = built.configured(tmp_path, f"[database]\nconnection = {url}")
        pair = []
        for _ in CALLERS:
            (cloud,) = openstack.clouds(simulator.conf(), clock, patience)
            clouds = {cloud.region: cloud}
            pair.append(built.services(conf, clock, clouds))
            stack.callback(pair[-1].store.close)
        yield simulator.site, pair


def race(pair, subject, plans):
    """Do both at once; return the errors, None for who was not refused."""
    start = threading.Barrier(2)

    def run(n):
        start.wait(30)
        try:
            subject.do(pair[n], CALLERS[n], plans[n])
        except (Conflict, NotFound) as exc:
            return exc
        return None

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, (0, 1)))


def failures(services, subject):
    """Return how many failures are written down of a subject."""
    filters = equal(resource_id=subject.id, state="failed")
    page = services.operations.list(EVERY_PROJECT, Listing(filters))
    return len(page.rows)


@pytest.mark.parametrize("kind", [Roles, Servers, Stacks])
def test_one_wins_and_the_other_is_told(workers, kind):
    site, pair = workers
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    meetings = 0
    for number in range(ROUNDS):
        subject = kind(site, number, chance)
        plans = chance.choices([*kind.PLANS], k=2)
        errors = race(pair, subject, plans)
        losers = {n for n, error in enumerate(errors) if error}
        refused = {n for n in losers if "came first" in str(errors[n])}
        case = (seed, number, subject.start, plans, errors, subject.state)
        expected = [*orders(subject, plans, refused)]
        assert (subject.state, losers) in expected, case
        assert len(refused) < 2, case
        for n in refused:
            assert f" {plans[1 - n][0]} of " in str(errors[n])
            assert subject.id in str(errors[n])
        assert failures(pair[0], subject) == len(losers), case
        meetings += len(refused)
    assert meetings, f"{seed}: they never met"
