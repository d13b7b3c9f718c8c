"""Each part is unplugged, one after the other: what is said where."""

import dataclasses as dc
import types
from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.domain.errors import Unavailable
from concertim_api.services.access.service_login import ServiceLogin
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.monitoring.ports import Heartbeat
from concertim_api.services.monitoring.status import StatusReader
from tests.fakes.clock import Clock

NOW = datetime(2026, 11, 30, 17, 20, 30, tzinfo=UTC)


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def job(name, interval, seconds=1, outcome="done", **more):
    return JobRecord(
        name,
        interval,
        "host-1:8",
        started_at=ago(seconds + 1),
        finished_at=ago(seconds),
        outcome=outcome,
        **more,
    )


class Store:
    """All that the status is made of; a test unplugs a part of it."""

    def __init__(self):
        self.records = [
            job("sync:north", 600, 100),
            job("view", 0.2),
        ]
        self.beats = [self.beat()]
        self.letters = 0
        self.stacks = {}
        self.pushes = {"waiting": 3, "failing": 0, "refused": 0, "kept": 1}
        self.since = None
        self.error = None

    def beat(self, seconds=3, **values):
        values = {
            "region": "north",
            "waiting": 0,
            "stored_at": ago(9),
        } | values
        return Heartbeat(
            name="host-1:7",
            started_at=ago(999),
            beat_at=ago(seconds),
            **values,
        )

    def check(self):
        if self.error:
            raise self.error

    def jobs(self):
        return self.records

    def heartbeats(self):
        return self.beats

    def count(self, most):
        return self.letters

    def hidden_stacks(self):
        return self.stacks

    def due_since(self, now):
        return self.since

    def unpushed(self):
        return self.pushes


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def reader(store):
    clock = Clock(NOW)
    return StatusReader(
        "1.2.3",
        ServiceLogin(clock),
        *[store] * 5,
        clock,
        ["north"],
        store,
    )


def troubles(reader):
    """Return the parts that are not ok, each as one text."""
    status = reader.show()
    lines = {
        " ".join(filter(None, (part.name, part.region, part.state)))
        + f": {part.text}"
        for part in status.parts
        if part.state != "ok"
    }
    expected = any(": " in line and " note:" not in line for line in lines)
    assert status.state == ("trouble" if expected else "ok")
    return lines


def test_all_is_well(reader):
    assert troubles(reader) == set()
    assert [(part.name, part.region) for part in reader.show().parts] == [
        ("API", None),
        ("Keystone", None),
        ("database", None),
        ("listener", "north"),
        ("broker", "north"),
        ("agent", None),
        ("jobs", None),
        ("sync", "north"),
        ("front end", None),
        ("dead letters", None),
        ("stacks not shown", None),
    ]


def test_keystone_refuses_us(reader):
    reader.login.refuse()
    assert troubles(reader) == {
        "Keystone failing: refuses the password of [keystone_authtoken], "
        "2026-11-30 17:20:30 UTC"
    }


def test_nobody_needs_keystone(reader):
    reader.login.is_used = False
    assert troubles(reader) == {"Keystone note: callers need none"}


def test_the_cache_of_tokens_is_unplugged(store, reader):
    """It is named without the database, too."""
    cache = types.SimpleNamespace(silent=lambda: ["db-1:11211", "db-2:11211"])
    reader = dc.replace(reader, cache=cache)
    assert troubles(reader) == {
        "memcached failing: does not answer: db-1:11211, db-2:11211 "
        "([keystone_authtoken] memcached_servers)"
    }
    store.error = Unavailable("the database does not answer")
    assert "memcached" in [part.name for part in reader.show().parts]


def test_the_cache_of_tokens_answers(reader):
    cache = types.SimpleNamespace(silent=list)
    assert troubles(dc.replace(reader, cache=cache)) == set()


def test_the_listener_is_unplugged(store, reader):
    store.beats = [store.beat(61), store.beat(600)]
    assert troubles(reader) == {
        "listener north failing: none runs since 2026-11-30 17:19:29 UTC: "
        "start concertim-listener"
    }
    store.beats.append(store.beat(60))
    assert troubles(reader) == set()


def test_a_listener_that_was_stopped_does_not_run(store, reader):
    """It is not waited for, and it is named."""
    stopped = store.beat(ended_at=ago(3))
    store.beats = [store.beat(600), stopped]
    says = (
        "none runs since 2026-11-30 17:20:27 UTC (host-1:7 was stopped): "
        "start concertim-listener"
    )
    assert troubles(reader) == {f"listener north failing: {says}"}
    store.beats = [stopped, store.beat()]
    assert troubles(reader) == set()
    (part,) = (p for p in reader.show().parts if p.name == "listener")
    assert part.text.startswith("1 process runs, ")


def test_one_that_died_after_one_was_stopped_is_not_named(store, reader):
    store.beats = [store.beat(90, ended_at=ago(90)), store.beat(61)]
    says = "none runs since 2026-11-30 17:19:29 UTC: start concertim-listener"
    assert troubles(reader) == {f"listener north failing: {says}"}


def test_there_never_was_a_listener(store, reader):
    store.beats = []
    says = "none has ever run: start concertim-listener"
    assert troubles(reader) == {f"listener north failing: {says}"}
    nowhere = dc.replace(reader, regions=())
    store.records = [job("view", 0.2)]
    assert troubles(nowhere) == {f"listener failing: {says}"}


def test_a_listener_of_several_regions(store, reader):
    """It has the name of its transport, which is no region of a cloud."""
    store.beats = [store.beat(region="site")]
    says = "none has ever run: start concertim-listener"
    assert troubles(reader) == {f"listener north failing: {says}"}
    ruled = dc.replace(reader, has_region_rules=True)
    assert troubles(ruled) == set()
    parts = {(part.name, part.region) for part in ruled.show().parts}
    assert {("listener", "site"), ("sync", "north")} <= parts
    store.beats = []
    assert troubles(ruled) == {f"listener failing: {says}"}


def test_a_listener_of_a_region_that_no_agent_syncs(store, reader):
    store.beats.append(store.beat(region="south"))
    assert troubles(reader) == set()


@pytest.mark.parametrize(
    ("beat", "says"),
    [
        ({"problem": "RabbitMQ refuses us"}, "failing: RabbitMQ refuses us"),
        (
            {"waiting": 10_001},
            "late: 10001 messages wait: the listener is behind",
        ),
        ({"waiting": None}, "note: it does not show what waits"),
    ],
)
def test_the_broker_is_unplugged(store, reader, beat, says):
    store.beats = [store.beat(**beat)]
    assert troubles(reader) == {f"broker north {says}"}


def test_the_agent_is_unplugged(store, reader):
    store.records = [job("sync:north", 600, 500), job("view", 0.2, 135)]
    assert troubles(reader) == {
        "agent failing: none runs since 2026-11-30 17:18:15 UTC: start "
        "concertim-agent"
    }


def test_an_agent_that_was_stopped_does_not_run(store, reader):
    store.records = [
        dc.replace(record, ended_at=NOW) for record in store.records
    ]
    assert troubles(reader) == {
        "agent failing: none runs since 2026-11-30 17:20:30 UTC (host-1:8 "
        "was stopped): start concertim-agent"
    }


def test_another_agent_goes_on_after_one_was_stopped(store, reader):
    store.records[0] = dc.replace(store.records[0], ended_at=ago(2))
    store.records[1] = dc.replace(store.records[1], agent="host-2:9")
    assert troubles(reader) == set()
    (agent,) = (p for p in reader.show().parts if p.name == "agent")
    assert agent.text == "runs: host-2:9"


def test_an_agent_of_the_release_before_goes_on_after_one(store, reader):
    store.records[0] = dc.replace(store.records[0], ended_at=ago(2))
    store.records[1] = dc.replace(store.records[1], ended_at=ago(9))
    assert troubles(reader) == set()


def test_an_agent_that_died_after_one_was_stopped(store, reader):
    store.records = [
        job("sync:north", 600, 500, ended_at=ago(400)),
        job("view", 0.2, 135),
    ]
    assert troubles(reader) == {
        "agent failing: none runs since 2026-11-30 17:18:15 UTC: start "
        "concertim-agent"
    }


def test_there_never_was_an_agent(store, reader):
    store.records = []
    assert troubles(reader) == {
        "agent failing: none has ever run: start concertim-agent",
        "sync north late: none has ended yet",
    }


def test_a_job_fails(store, reader):
    store.records += [
        job(f"job-{n}", 1, outcome="failed", error="x") for n in range(5)
    ]
    assert troubles(reader) == {
        "jobs failing: job-0, job-1, job-2, and 2 more: see job show"
    }


def test_a_job_is_overdue(store, reader):
    store.records.append(job("push", 1, 64))
    assert troubles(reader) == {"jobs late: push overdue: see job show"}


@pytest.mark.parametrize(
    ("outcome", "seconds", "says"),
    [
        ("partial", 100, "failing: partial, 2026-11-30 17:18:50 UTC: see"),
        ("done", 1861, "late: done, 2026-11-30 16:49:29 UTC"),
    ],
)
def test_a_sync_is_not_well(store, reader, outcome, seconds, says):
    store.records[0] = job("sync:north", 600, seconds, outcome)
    assert any(
        line.startswith(f"sync north {says}") for line in troubles(reader)
    )


def test_the_front_end_is_unplugged(store, reader):
    store.pushes |= {"failing": 36, "refused": 1}
    says = "front end failing: 36 failing, 1 refused: see push list"
    assert troubles(reader) == {says}


def test_the_front_end_is_behind(store, reader):
    store.since = ago(300)
    assert troubles(reader) == set()
    store.since = ago(301)
    assert troubles(reader) == {
        "front end late: behind the view since 2026-11-30 17:15:29 UTC: see "
        "job show push"
    }


def test_there_is_no_front_end(store, reader):
    store.pushes |= {"failing": 36}
    reader = dc.replace(reader, bindings=None)
    assert troubles(reader) == {"front end note: there is none"}


def test_letters_are_dead(store, reader):
    store.letters = 7
    assert troubles(reader) == {"dead letters late: 7: see dead letter list"}


def test_stacks_are_left_out(store, reader):
    store.stacks = {"admin": 2, "demo": 1}
    assert troubles(reader) == {
        "stacks not shown note: 3 of projects that [view] projects leaves "
        "out: admin, demo"
    }


def test_the_database_is_unplugged(store, reader):
    """It is named, and what is known without it is shown."""
    store.error = Unavailable("the database does not answer", "timed out")
    reader = dc.replace(reader, place="mysql db:3306/concertim")
    status = reader.show()
    assert status.state == "unknown"
    assert [(part.name, part.state) for part in status.parts] == [
        ("API", "ok"),
        ("Keystone", "ok"),
        ("database", "failing"),
    ]
    assert status.parts[-1].text == (
        "the database does not answer: timed out (mysql db:3306/concertim)"
    )


def test_what_a_listener_that_ended_said_of_its_broker_is_old(store, reader):
    refused = "RabbitMQ refuses the user concertim"
    store.beats = [store.beat(seconds=30, problem=refused), store.beat()]
    assert troubles(reader) == set()
    store.beats = [store.beat(seconds=9, problem=refused), store.beat()]
    assert troubles(reader) == {f"broker north failing: {refused}"}


def test_an_agent_that_ended_is_not_named(store, reader):
    old = dc.replace(store.records[0], agent="host-2:9")
    store.records = [old, *store.records[1:]]
    (agent,) = (p for p in reader.show().parts if p.name == "agent")
    assert agent.text == "runs: host-1:8"
