"""Jobs as they are shown, and looked at by the health check."""

import types
from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.api import render
from concertim_api.api.controllers.v1.jobs import Job
from concertim_api.domain.errors import Unavailable
from concertim_api.services.jobs.jobs import Jobs
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.monitoring.health import Health
from tests.fakes.clock import Clock

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Store:
    def __init__(self, *records, broken=False):
        self.records = {record.name: record for record in records}
        self.broken = broken
        self.job = self.records.get

    def check(self):
        if self.broken:
            raise Unavailable("no database")

    def jobs(self):
        return [*self.records.values()]


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def record(name="sync:one", started=None, finished=None, **more):
    return JobRecord(
        name,
        interval=more.pop("interval", 600),
        started_at=None if started is None else ago(started),
        finished_at=None if finished is None else ago(finished),
        **more,
    )


def job(**more):
    """Return a job as the API shows it."""
    store = Store(record(**more))
    page = Jobs(store, Clock(NOW), {"volume"}).get("sync:one")
    [row] = page.rows
    return types.SimpleNamespace(**render.row(Job, row, page.computed))


@pytest.mark.parametrize(
    ("times", "state", "duration", "age", "next_at"),
    [
        ({"started": 100, "finished": 40.5}, "waiting", 59.5, 40.5, ago(-500)),
        (
            {"started": 10, "finished": 100, "asked_at": NOW},
            *("running", 10, 100, None),
        ),
        ({"started": 10}, "running", 10, None, None),
        (
            {"started": 100, "finished": 90, "asked_at": ago(1)},
            *("asked", 10, 90, ago(1)),
        ),
        ({}, "waiting", None, None, None),
        ({"asked_at": NOW}, "asked", None, None, None),
        ({"started": -5}, "running", 0, None, None),  # clocks differ
    ],
)
def test_how_one_is_shown(times, state, duration, age, next_at):
    shown = job(**times, error="")
    assert (shown.state, shown.duration, shown.age) == (state, duration, age)
    assert shown.next_at == next_at
    assert shown.error is None


def checks(*records, broken=False):
    store = Store(*records, broken=broken)
    found = Health(store, store, Clock(NOW)).checks()
    return [(check.name, check.ok, check.reason) for check in found]


DATABASE = ("database", True, "")


def test_health_without_agents():
    assert checks() == [DATABASE]


def test_health_without_a_database():
    assert checks(broken=True) == [("database", False, "no database")]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (record(started=100, finished=90, outcome="done"), ""),
        (record(started=100, finished=90, outcome="partial"), ""),
        (record(), ""),
        (record(started=1860, finished=1859), ""),
        (
            record(started=100, finished=90, outcome="failed", error="x"),
            "sync:one failed",
        ),
        (
            record(started=2000, finished=1861),
            "no agent runs since 2026-11-21 11:28:59 UTC",
        ),
        (
            record(started=1861),
            "no agent runs since 2026-11-21 11:28:59 UTC",
        ),
        (record(started=5, finished=1861), "sync:one is overdue"),
        (
            record(interval=0.2, started=61, finished=61),
            "no agent runs since 2026-11-21 11:58:59 UTC",
        ),
    ],
)
def test_health_with_a_job(one, reason):
    assert checks(one) == [DATABASE, ("jobs", not reason, reason)]


def test_health_after_an_agent_was_stopped():
    """Anybody learns since when; operators, which it was."""
    stopped = [
        record("view", 9, 9, agent="host-1:8", ended_at=ago(3)),
        record("sync:one", 99, 98, agent="host-1:8", ended_at=ago(3)),
    ]
    store = Store(*stopped)
    check = Health(store, store, Clock(NOW)).checks()[1]
    assert (check.ok, check.vital) == (False, False)
    assert check.reason == "no agent runs since 2026-11-21 11:59:57 UTC"
    assert check.detail == (
        f"{check.reason}: host-1:8 was stopped; start concertim-agent"
    )
    assert check.facts["agent_silent_since"] == "2026-11-21T11:59:57Z"
    assert checks(*stopped, record("push", 1, 1))[1][1]


def test_health_with_several():
    bad = record("a", outcome="failed"), record("b", started=9999)
    assert checks(*bad, record("c"))[1][2] == (
        "no agent runs since 2026-11-21 09:13:21 UTC; a failed"
    )
    running = record("d", started=3, finished=2)
    assert checks(*bad, running)[1][2] == "a failed; b is overdue"


@pytest.mark.parametrize(
    ("records", "facts"),
    [
        ([record("view", 3, 2, interval=0.2)], (None, 2.0)),
        (
            [record("view", 136, 135, interval=0.2)],
            ("2026-11-21T11:57:45Z", 135.0),
        ),
        ([record("view"), record("sync:one", 3, 2)], (None, None)),
        ([record("view", 3, -2, interval=0.2)], (None, 0)),  # clocks differ
    ],
)
def test_what_programs_read_of_jobs(records, facts):
    store = Store(*records)
    check = Health(store, store, Clock(NOW)).checks()[1]
    assert (*check.facts.values(),) == facts


@pytest.mark.parametrize(
    ("times", "overdue"),
    [({"started": 1861}, True), ({"started": 9}, False), ({}, False)],
)
def test_one_is_overdue(times, overdue):
    assert job(**times).overdue is overdue
