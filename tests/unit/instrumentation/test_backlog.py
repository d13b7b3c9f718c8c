"""What the database tells: absent rather than wrong, and not too often."""

import logging
import threading
import time
from datetime import UTC, date, datetime, timedelta

import pytest

from concertim_api.domain.errors import Unavailable
from concertim_api.instrumentation.backlog import BacklogCollector
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.monitoring.backlog import MOST_LETTERS, Backlogs
from concertim_api.services.monitoring.ports import Heartbeat
from tests.fakes.clock import Clock

NOW = datetime(2026, 9, 21, 14, tzinfo=UTC)
SYNC = "sync:north"


class Settlements:
    def unsettled(self, until, month):
        assert until == (NOW - timedelta(days=1)).date()
        assert month == date(2026, 9, 1)
        return {"waiting": 3, "failing": 1, "overdue": 2}


class Postings:
    def unposted_count(self):
        return {"waiting": 7, "refused": 2}


class Bindings:
    def due_since(self, now):
        return now - timedelta(seconds=90)

    def unpushed(self):
        return {"waiting": 1, "failing": 2, "refused": 3, "kept": 4}


class Operations:
    def waiting(self):
        return {"open": 8, "untold": 9}


def beat(seconds, region):
    at = NOW - timedelta(seconds=seconds)
    return Heartbeat(name="h:1", region=region, started_at=at, beat_at=at)


class Store:
    def __init__(self):
        self.rows = []
        self.looks = 0
        self.trouble = None
        self.gate = threading.Event()
        self.gate.set()

    def jobs(self):
        self.looks += 1
        assert self.gate.wait(20)
        if self.trouble:
            raise self.trouble
        return self.rows

    def counts(self):
        return {"waiting": 6, "failing": 5}

    def heartbeats(self):
        return [beat(30, "north"), beat(61, "north"), beat(61, "south")]

    def unfinished_count(self):
        return 4

    def count(self, most):
        assert most == MOST_LETTERS
        return 7


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def backlogs(store):
    return Backlogs(
        store,
        store,
        store,
        Operations(),
        store,
        store,
        Clock(NOW),
        {"north": ("instance", "stack")},
        Bindings(),
        Settlements(),
        Postings(),
    )


@pytest.fixture
def collect(backlogs, registry):
    def collect(max_age=0.0, **settings):
        registry.register(BacklogCollector(backlogs.look, max_age, **settings))

    return collect


def ended(outcome="done", kinds=("instance", "stack"), ago=60, **more):
    finished_at = NOW - timedelta(seconds=ago)
    return JobRecord(
        SYNC,
        interval=600,
        outcome=outcome,
        finished_at=finished_at,
        started_at=finished_at - timedelta(seconds=5),
        summary={kind: {"listed": 1} for kind in kinds},
        **more,
    )


def test_what_waits(collect, shown):
    collect()
    found = shown()
    assert found.value("concertim_database_up") == 1
    assert found.value("concertim_push_oldest_due_seconds") == 90
    for state, number in Bindings().unpushed().items():
        assert found.value("concertim_pushes", state=state) == number
    assert found.value("concertim_refreshes", state="waiting") == 6
    assert found.value("concertim_refreshes", state="failing") == 5
    assert found.value("concertim_refolds") == 4
    assert found.value("concertim_operations", state="open") == 8
    assert found.value("concertim_operations", state="untold") == 9
    assert found.value("concertim_settlements", state="waiting") == 3
    assert found.value("concertim_settlements", state="overdue") == 2
    assert found.value("concertim_postings", state="refused") == 2
    assert found.value("concertim_dead_letters") == 7
    assert found.value("concertim_listeners", region="north") == 1
    assert found.value("concertim_listeners", region="south") == 0


def test_without_a_front_end_nothing_waits_for_it(store, registry, shown):
    backlogs = Backlogs(
        store, store, store, Operations(), store, store, Clock(NOW), {}
    )
    registry.register(BacklogCollector(backlogs.look, 0))
    assert shown().value("concertim_push_oldest_due_seconds") is None
    assert shown().labels("concertim_pushes") == []
    assert shown().value("concertim_dead_letters") == 7


def test_how_jobs_are(collect, store, shown):
    store.rows = [ended("partial"), JobRecord("view", interval=0.2)]
    collect()
    found = shown()
    finished = found.value(
        "concertim_job_finished_timestamp_seconds", name=SYNC
    )
    assert finished == NOW.timestamp() - 60
    assert found.value("concertim_job_interval_seconds", name=SYNC) == 600
    outcomes = {
        labels["outcome"]: found.value("concertim_job_outcome", **labels)
        for labels in found.labels("concertim_job_outcome")
    }
    assert outcomes == {"done": 0, "partial": 1, "failed": 0}
    assert found.value("concertim_job_overdue", name=SYNC) == 0
    assert found.value("concertim_job_overdue", name="view") == 0


def test_a_job_is_overdue(collect, store, shown):
    store.rows = [ended(ago=1861)]
    collect()
    assert shown().value("concertim_job_overdue", name=SYNC) == 1


def test_a_complete_listing_is_remembered(collect, store, shown):
    def listed():
        name = "concertim_sync_listed_timestamp_seconds"
        return shown().value(name, region="north")

    collect()
    for row in (
        ended("partial"),
        ended("failed"),
        ended(kinds=["instance"]),  # that was all it was asked for
    ):
        store.rows = [row]
        assert listed() is None
    store.rows = [ended()]
    assert listed() == NOW.timestamp() - 60
    store.rows = [ended("failed", ago=10)]
    assert listed() == NOW.timestamp() - 60
    store.rows = [ended(ago=5)]
    assert listed() == NOW.timestamp() - 5


def test_nothing_is_told_while_the_database_is_away(collect, store, shown):
    collect(max_age=60)
    store.trouble = Unavailable("away")
    assert shown().value("concertim_database_up") == 0
    assert shown().labels("concertim_dead_letters") == []
    store.trouble = None  # what failed is not kept
    assert shown().value("concertim_database_up") == 1
    assert shown().value("concertim_dead_letters") == 7


def test_a_mistake_is_logged_and_does_no_harm(collect, store, shown, caplog):
    collect()
    store.trouble = KeyError("ours")
    with caplog.at_level(logging.ERROR):
        assert shown().value("concertim_database_up") == 0
    assert "Looking at the database for metrics failed" in caplog.text


def test_the_database_is_asked_once_in_a_while(collect, store, shown):
    collect(max_age=60)
    for _ in range(5):
        assert shown().value("concertim_dead_letters") == 7
    assert store.looks == 1


def test_it_is_asked_again_after_that(collect, store, shown):
    collect(max_age=0.05)
    shown()
    time.sleep(0.06)  # longer than an answer is kept
    shown()
    assert store.looks == 2


def test_nobody_waits_for_a_database_that_hangs(collect, store, shown):
    collect(patience=0.05)
    store.gate.clear()
    try:
        began = time.monotonic()
        for _ in range(3):
            assert shown().value("concertim_database_up") == 0
        assert time.monotonic() - began < 5
        assert store.looks == 1  # and it is not asked once more
    finally:
        store.gate.set()
