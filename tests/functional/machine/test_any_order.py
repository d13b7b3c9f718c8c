"""Anything may happen, in any order: in the end the front end shows what is
true, and the ledger keeps its law.

CONCERTIM_TEST_EXAMPLES says how many orders are tried; ``tox -e faults``
tries many. A failure prints its steps, and they can be repeated.
"""

from __future__ import annotations

import contextlib
import itertools
import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.functional.db.clouds import FLAVOR
from tests.functional.machine.site import LARGE, Died

EXAMPLES = int(os.environ.get("CONCERTIM_TEST_EXAMPLES", "10"))
STEPS = 30

servers = st.sampled_from(["s1", "s2", "s3"])
racks = st.sampled_from(["c1", "c2"])
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


class SiteMachine(RuleBasedStateMachine):
    """``new_site`` makes a context of a site; set by the test."""

    new_site = None

    def __init__(self):
        super().__init__()
        self._context = self.new_site()
        self.site = self._context.__enter__()
        self.ids, self.racks = {}, {}
        self.numbers = itertools.count()

    @contextlib.contextmanager
    def _mortal(self):
        """Start the processes again if they die meanwhile."""
        try:
            yield
        except Died:
            self.site.restart()

    # The cloud. A name may come back; an id never does.

    def _id(self, name):
        return self.ids.setdefault(name, f"{name}n{next(self.numbers)}")

    @rule(
        name=servers,
        state=st.sampled_from(["building", "active", "stopped"]),
        flavor=st.sampled_from([FLAVOR, LARGE]),
    )
    def server(self, name, state, flavor):
        self.site.server_is(self._id(name), state, flavor, name)

    @rule(name=servers)
    def server_goes(self, name):
        if name in self.ids:
            self.site.loses("instance", self.ids.pop(name))
            for members in self.racks.values():
                members.discard(name)

    @rule(name=racks, members=st.sets(servers))
    def stack(self, name, members):
        """A server is in one stack at most."""
        members = members & self.ids.keys()
        for other, inside in self.racks.items():
            if other != name and inside & members:
                self._stack(other, inside - members)
        self._stack(name, members)

    def _stack(self, name, members):
        self.racks[name] = {*members}
        ids = [f"instance/{self._id(member)}" for member in sorted(members)]
        self.site.stack_is(self._id(name), *ids, name=name)

    @rule(name=racks)
    def stack_goes(self, name):
        if self.racks.pop(name, None) is not None:
            self.site.loses("stack", self.ids.pop(name))

    # The messages

    @precondition(lambda self: self.site.mail)
    @rule(data=st.data(), again=st.booleans())
    def message_arrives(self, data, again):
        last = len(self.site.mail) - 1
        number = data.draw(st.integers(0, last))
        with self._mortal():
            self.site.deliver(number, again=again)

    @precondition(lambda self: self.site.mail)
    @rule(data=st.data())
    def message_is_lost(self, data):
        last = len(self.site.mail) - 1
        self.site.mail.pop(data.draw(st.integers(0, last)))

    # Our processes, and what becomes of them

    @rule(step=st.sampled_from(["sync", "settle", "refresh", "push_some"]))
    def process_runs(self, step):
        with self._mortal():
            getattr(self.site, step)()

    @rule()
    def processes_restart(self):
        self.site.restart()

    @rule(ahead=st.integers(1, 12), when=st.sampled_from(["before", "after"]))
    def death_is_near(self, ahead, when):
        fate = self.site.fate
        fate.kills_at, fate.when = fate.writes + ahead, when

    @rule(ahead=st.integers(1, 4))
    def listing_will_be_stale(self, ahead):
        self.site.fate.stale_at = self.site.fate.reads + ahead

    @rule(failure=failures)
    def front_end_fails(self, failure):
        self.site.app.faults.add(*failure, times=2)

    def teardown(self):
        try:
            self.site.comes_to_rest()
            stored, lawful = self.site.histories()
            assert stored == lawful
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


def test_anything_in_any_order(machine):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
