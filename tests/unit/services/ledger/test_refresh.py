"""What an event did not tell, the cloud is asked for: once, until it says."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from concertim_api.domain.errors import Invalid, Unavailable
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.services.cloud.reading import NotListed
from concertim_api.services.jobs.job import Outcome
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.ledger.refresh import Refresher
from tests.fakes.clock import Clock
from tests.fakes.memory import SyncStore
from tests.outcomes import counts

DAY0 = datetime(2026, 11, 1, tzinfo=UTC)
STACK = Ref("R", "stack", "c1")


class Cloud:
    def __init__(self, clock):
        self.clock = clock
        self.fault = None
        self.asked_for = []

    def look(self, kind, resource_id):
        self.asked_for.append((kind, resource_id))
        if self.fault:
            raise self.fault
        return [
            Sighting(
                Observation(
                    ref=Ref("R", kind, resource_id),
                    at=self.clock.now(),
                    reported_at=self.clock.now(),
                    received_at=self.clock.now(),
                    key=f"{resource_id}-{self.clock.now()}",
                    says="alive",
                    details={"parent": ""},
                )
            )
        ]


@pytest.fixture
def clock():
    return Clock(DAY0)


@pytest.fixture
def cloud(clock):
    return Cloud(clock)


@pytest.fixture
def store():
    return SyncStore()


@pytest.fixture
def refresher(store, cloud, clock):
    return Refresher(store, Recorder(store), {"R": cloud}, clock)


def test_what_is_asked_for_many_times_is_asked_once(
    refresher, store, cloud, clock
):
    assert refresher.run().idle
    for _ in range(5):
        store.ask([STACK], clock.now())
    assert refresher.run(2) == Outcome(
        summary={"news": 1, "nothing": 0, "failed": 0, "unasked": 0},
        wakes=("view",),
    )
    assert cloud.asked_for == [("stack", "c1")]
    assert counts(refresher.run()) == {}
    store.ask([STACK], clock.now())
    assert counts(refresher.run()) == {"nothing": 1}


def test_what_is_asked_meanwhile_is_asked_again(
    refresher, store, cloud, clock
):
    look = cloud.look

    def slow(kind, resource_id):
        cloud.look = look
        store.ask([STACK], clock.now() + timedelta(seconds=1))
        return look(kind, resource_id)

    cloud.look = slow
    store.ask([STACK], clock.now())
    refresher.run()
    clock.time += timedelta(seconds=2)
    assert counts(refresher.run()) == {"nothing": 1}
    assert counts(refresher.run()) == {}


@pytest.mark.parametrize("fault", [Unavailable("time-out"), KeyError("x")])
def test_failures_wait_longer_each_time(refresher, store, cloud, clock, fault):
    cloud.fault = fault
    store.ask([STACK], clock.now())
    failed_at = []
    while len(failed_at) < 12:
        if counts(refresher.run()) == {"failed": 1}:
            failed_at.append(clock.time)
        clock.time += timedelta(seconds=1)
    waits = [
        (two - one).total_seconds()
        for one, two in itertools.pairwise(failed_at)
    ]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
    cloud.fault = None
    clock.time += timedelta(hours=1)
    assert counts(refresher.run()) == {"news": 1}


def test_an_answer_that_can_not_be_recorded_waits(store, cloud, clock):
    def reconcile(part):
        raise Invalid("shape", "too long")

    recorder = SimpleNamespace(reconcile=reconcile)
    refresher = Refresher(store, recorder, {"R": cloud}, clock)
    store.ask([STACK], clock.now())
    assert counts(refresher.run()) == {"failed": 1}
    assert counts(refresher.run()) == {}
    clock.time += timedelta(seconds=2)
    assert counts(refresher.run()) == {"failed": 1}


def test_nobody_to_ask_is_no_failure(refresher, store, cloud, clock):
    store.ask([Ref("elsewhere", "stack", "c2")], clock.now())
    cloud.fault = NotListed("no such service")
    store.ask([STACK], clock.now())
    outcome = refresher.run(2)
    assert counts(outcome) == {"unasked": 2}
    assert (outcome.more, outcome.wakes) == (True, ())
    assert store.asked == {}


def test_a_database_that_is_down_is_no_outcome(refresher, store, monkeypatch):
    def due(now, limit):
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(store, "due", due)
    with pytest.raises(Unavailable):
        refresher.run()
