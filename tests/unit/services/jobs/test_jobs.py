"""Jobs as they are shown, asked for, and looked at by the health check."""

import types
from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.api import render
from concertim_api.api.controllers.v1.jobs import Job
from concertim_api.domain.errors import Invalid, NotFound, Unavailable
from concertim_api.services.jobs.jobs import Jobs
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.monitoring.health import Health

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    def now(self):
        return NOW


class Store:
    def __init__(self, *records, broken=False):
        self.records = {record.name: record for record in records}
        self.broken = broken
        self.asked = None

    def check(self):
        if self.broken:
            raise Unavailable("no database")

    def jobs(self):
        return [*self.records.values()]

    def job(self, name):
        return self.records.get(name)

    def ask(self, name, asked, now):
        if name not in self.records:
            raise NotFound(name)
        self.asked = name, asked, now
        return self.records[name]


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


def shown(page):
    """Return what a page of one job shows."""
    [found] = page.rows
    return types.SimpleNamespace(**render.row(Job, found, page.computed))


def job(*args, **more):
    store = Store(record(*args, **more))
    return shown(Jobs(store, Clock(), {"volume"}).get("sync:one"))


def test_one_that_waits():
    found = job(started=100, finished=40.5, outcome="done", error="")
    assert found.state == "waiting"
    assert (found.duration, found.age) == (59.5, 40.5)
    assert found.next_at == ago(-500)
    assert found.error is None


def test_one_that_runs_again():
    found = job(started=10, finished=100, asked_at=NOW)
    assert found.state == "running"
    assert (found.duration, found.age) == (10, 100)
    assert found.next_at is None


def test_one_that_runs_for_the_first_time():
    found = job(started=10)
    assert (found.state, found.duration, found.age) == ("running", 10, None)


def test_one_that_was_asked_for():
    found = job(started=100, finished=90, asked_at=ago(1))
    assert found.state == "asked"
    assert found.next_at == ago(1)


def test_one_that_never_ran():
    found = job()
    assert found.state == "waiting"
    assert [found.duration, found.age, found.next_at] == [None] * 3
    assert job(asked_at=NOW).state == "asked"


def test_clocks_differ():
    assert job(started=-5).duration == 0


@pytest.fixture
def store():
    return Store(record(), record("view"))


@pytest.fixture
def jobs(store):
    return Jobs(store, Clock(), {"volume"})


def test_asking(store, jobs):
    asked = {"accept_deletes": True, "kinds": ["volume"]}
    assert shown(jobs.run("sync:one", asked)).name == "sync:one"
    assert store.asked == ("sync:one", asked, NOW)
    jobs.run("view", {})


@pytest.mark.parametrize(
    ("name", "asked", "error", "said"),
    [
        ("sync:two", {}, NotFound, "Job sync:two not found."),
        ("sync:one", {"kinds": ["volume", "x"]}, Invalid, "kinds: x is not"),
        ("view", {"kinds": []}, Invalid, "kinds: job view can.t be told"),
        (
            "view",
            {"accept_deletes": False},
            Invalid,
            "accept_deletes: job view can",
        ),
    ],
)
def test_what_can_not_be_asked(store, jobs, name, asked, error, said):
    with pytest.raises(error, match=said):
        jobs.run(name, asked)
    assert store.asked is None


def test_there_is_no_such_job(jobs):
    with pytest.raises(NotFound, match="Job x not found"):
        jobs.get("x")


def checks(*records, broken=False):
    store = Store(*records, broken=broken)
    found = Health(store, store, Clock()).checks()
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
        (record(started=2000, finished=1861), "sync:one is overdue"),
        (record(started=1861), "sync:one is overdue"),
        (record(started=5, finished=1861), "sync:one is overdue"),
        (record(interval=0.2, started=61, finished=61), "sync:one is overdue"),
    ],
)
def test_health_with_a_job(one, reason):
    assert checks(one) == [DATABASE, ("jobs", not reason, reason)]


def test_health_with_several():
    bad = record("a", outcome="failed"), record("b", started=9999)
    assert checks(*bad, record("c"))[1][2] == "a failed; b is overdue"
