"""Anything may happen, in any order: in the end the front end shows what is
true, the ledger keeps its law, and each operation has the end that it had in
the cloud.

CONCERTIM_TEST_EXAMPLES says how many orders a run tries, CONCERTIM_TEST_STEPS
how long each is, and CONCERTIM_TEST_RUNS how many runs there are; ``tox -e
faults`` tries many. A run begins with a seed, which is printed at the end.
CONCERTIM_TEST_SEED is that of the first run; those of the others follow it.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import secrets

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.functional.db.clouds import FLAVOR
from tests.functional.machine.cloud import ACTIONS, DOES, WAYS
from tests.functional.machine.site import LARGE, Died

EXAMPLES = int(os.environ.get("CONCERTIM_TEST_EXAMPLES", "10"))
STEPS = int(os.environ.get("CONCERTIM_TEST_STEPS", "30"))
RUNS = int(os.environ.get("CONCERTIM_TEST_RUNS", "1"))

servers = st.sampled_from(["s1", "s2", "s3"])
racks = st.sampled_from(["c1", "c2"])
#: Which of the things that are there.
numbers = st.integers(0, 9)
#: What of the front end fails next, and how.
failures = st.sampled_from(
    [
        ("^POST", "drop_after"),
        ("^POST", "status", 503),
        ("^PATCH", "status_after", 504),
        ("^PATCH", "status", 500),
        ("^DELETE", "drop_before"),
        ("^GET", "status", 502),
    ]
)
orders = st.sampled_from(
    [
        (kind, name, action)
        for kind, names in [
            ("instance", ["s1", "s2", "s3"]),
            ("stack", ["c1", "c2"]),
            ("key_pair", ["k1"]),
        ]
        for name in names
        for of, action in ACTIONS
        if of == kind
    ]
)
processes = st.sampled_from(
    ["sync", "settle", "refresh", "push_some", "follow", "announce"]
)
ways = st.sampled_from([*WAYS.values()])
#: What happens before the cloud has answered.
meanwhiles = st.sampled_from([None, "follow", "ask_again", "is_slow"])


def _pick(things, number):
    return things[number % len(things)]


def step(**strategies):
    """Make a rule of a method; each time that it happens counts."""

    def counted(method):
        @functools.wraps(method)
        def count(machine, **values):
            type(machine).steps += 1
            method(machine, **values)

        return rule(**strategies)(count)

    return counted


class SiteMachine(RuleBasedStateMachine):
    """``new_site`` makes a context of a site; set by the test. ``steps``:
    how many were taken."""

    new_site = None
    steps = 0

    def __init__(self):
        super().__init__()
        self._context = self.new_site()
        self.site = self._context.__enter__()
        self.cloud = self.site.cloud
        self.ids = {}
        self.numbers = itertools.count()

    @contextlib.contextmanager
    def _mortal(self):
        """Start the processes again if they die meanwhile."""
        try:
            yield
        except Died:
            self.site.restart()

    # The cloud. A name may come back; an id never does. While a task runs,
    # the cloud lets nobody else change a thing.

    def _thing(self, kind, name):
        """Return a thing that is there, or that is to come."""
        thing = kind, self.ids.get(name)
        if thing not in self.cloud.things:
            self.ids[name] = f"{name}n{next(self.numbers)}"
        return kind, self.ids[name]

    def _is_there(self, kind, name):
        return (kind, self.ids.get(name)) in self.cloud.things

    @step(
        name=servers,
        state=st.sampled_from(["building", "active", "stopped"]),
        flavor=st.sampled_from([FLAVOR, LARGE]),
    )
    def server(self, name, state, flavor):
        thing = self._thing("instance", name)
        if thing not in self.cloud.works:
            self.site.server_is(thing[1], state, flavor, name)

    def _there(self, kind):
        return [thing for thing in self.cloud.things if thing[0] == kind]

    @precondition(lambda self: self._there("instance"))
    @step(number=numbers)
    def server_goes(self, number):
        self.cloud.loses(*_pick(self._there("instance"), number))

    @step(name=racks, names=st.sets(servers))
    def stack(self, name, names):
        """A server is in one stack at most."""
        members = {
            self._thing("instance", server)
            for server in names
            if self._is_there("instance", server)
        }
        stacks = self._there("stack")
        thing = self._thing("stack", name)
        if any(stack in self.cloud.works for stack in (*stacks, thing)):
            return
        for stack in stacks:
            inside = {*self.cloud.members(stack)}
            if stack != thing and inside & members:
                self._stack(stack, inside - members)
        self._stack(thing, members, name)

    def _stack(self, stack, members, name=None):
        name = name or self.cloud.things[stack]["details"]["name"]
        there = sorted(members & self.cloud.things.keys())
        listed = [f"{kind}/{server}" for kind, server in there]
        self.site.stack_is(stack[1], *listed, name=name)

    @precondition(lambda self: self._there("stack"))
    @step(number=numbers)
    def stack_goes(self, number):
        self.cloud.loses(*_pick(self._there("stack"), number))

    # What callers have it do

    @step(order=orders, way=ways, meanwhile=meanwhiles)
    def operation(self, order, way, meanwhile):
        """A caller asks for something. Of what is not there, too."""
        kind, name, action = order
        thing = kind, name if kind == "key_pair" else self.ids.get(name, name)
        self.cloud.way = way
        if meanwhile:
            self.cloud.meanwhile = functools.partial(
                getattr(self, meanwhile), thing, action
            )
        with self._mortal():
            self.site.ask(thing, action)
        self.cloud.way, self.cloud.meanwhile = DOES, None

    def follow(self, thing, action):
        self.site.follow()

    def ask_again(self, thing, action):
        self.site.ask(thing, action)

    def is_slow(self, thing, action):
        """It takes the cloud so long that the caller seems to be dead."""
        for _ in range(12):
            self.site.later(seconds=30)
            self.site.follow()
        self.site.ask(thing, action)

    @precondition(lambda self: self.cloud.works)
    @step(number=numbers, is_well=st.booleans())
    def work_ends(self, number, is_well):
        self.cloud.finishes(_pick([*self.cloud.works], number), is_well)

    @precondition(lambda self: self.cloud.post)
    @step()
    def request_arrives_late(self):
        self.cloud.arrives(*self.cloud.post.pop(0))

    @step(times=st.integers(1, 3))
    def looks_are_not_answered(self, times):
        self.cloud.silences = times

    @step(seconds=st.sampled_from([1, 20, 70, 400]))
    def time_passes(self, seconds):
        self.site.later(seconds=seconds)

    @step()
    def bus_goes_and_comes(self):
        self.site.bus.is_away = not self.site.bus.is_away

    # The messages

    @precondition(lambda self: self.site.mail)
    @step(number=numbers, again=st.booleans())
    def message_arrives(self, number, again):
        with self._mortal():
            self.site.deliver(number % len(self.site.mail), again=again)

    @precondition(lambda self: self.site.mail)
    @step(number=numbers)
    def message_is_lost(self, number):
        self.site.mail.pop(number % len(self.site.mail))

    # Our processes, and what becomes of them

    @step(process=processes)
    def process_runs(self, process):
        with self._mortal():
            getattr(self.site, process)()

    @step()
    def processes_restart(self):
        self.site.restart()

    @step(ahead=st.integers(1, 12), when=st.sampled_from(["before", "after"]))
    def death_is_near(self, ahead, when):
        fate = self.site.fate
        fate.kills_at, fate.when = fate.writes + ahead, when

    @step(ahead=st.integers(1, 4))
    def listing_will_be_stale(self, ahead):
        self.site.fate.stale_at = self.site.fate.reads + ahead

    @step(failure=failures)
    def front_end_fails(self, failure):
        self.site.app.faults.add(*failure, times=2)

    def teardown(self):
        try:
            self.site.comes_to_rest()
            assert not self.site.unlawful()
            assert self.site.is_fair()
            assert self.site.shows() == self._undisturbed()
        finally:
            self._context.__exit__(None, None, None)

    def _undisturbed(self):
        """Return what is shown by a site that sees only what is true."""
        with self.new_site() as site:
            site.cloud.things = self.site.cloud.things
            site.comes_to_rest()
            return site.shows()


@pytest.fixture
def machine(new_site):
    class Machine(SiteMachine):
        pass

    Machine.new_site = staticmethod(new_site)
    return Machine


@pytest.mark.parametrize("number", range(RUNS))
def test_anything_in_any_order(machine, number, record_property):
    first = os.environ.get("CONCERTIM_TEST_SEED") or secrets.randbits(32)
    run_seed = int(first) + number
    record_property("seed", run_seed)
    try:
        run_state_machine_as_test(
            seed(run_seed)(machine),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        record_property("steps", machine.steps)
