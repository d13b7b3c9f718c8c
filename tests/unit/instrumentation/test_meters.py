"""What the listener and the agent count."""

import threading

import pytest

from concertim_api.agent import runner
from concertim_api.agent.agent import Agent
from concertim_api.agent.coordination import Coordination
from concertim_api.bootstrap import SystemClock
from concertim_api.domain.errors import Unavailable
from concertim_api.instrumentation import declared
from concertim_api.instrumentation.agent import AgentMeter
from concertim_api.instrumentation.listener import ListenerMeter
from concertim_api.listener.intake import Counts, Delivery, Dispatcher
from concertim_api.services.jobs.job import Job, Outcome
from tests.unit.agent.conftest import Jobs

NOW = 1_790_000_000.0
COUNTED = "concertim_listener_notifications_total"


class Intake:
    clock = SystemClock()

    def __init__(self):
        self.outcome = Counts(new=3, known=1, ignored=2, dead=1, ahead=2)
        self.region = "north"

    def delivered(self, arrivals):
        return [
            Delivery(message, None, self.region) for message, _ in arrivals
        ]

    def take(self, deliveries):
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return {self.region: self.outcome}


class Incoming:
    def __init__(self, timestamp=None):
        self.message = {"timestamp": timestamp} if timestamp else {}


@pytest.fixture
def meter(registry):
    return ListenerMeter(registry, now=lambda: NOW)


@pytest.fixture
def intake():
    return Intake()


@pytest.fixture
def dispatcher(intake, meter):
    return Dispatcher(intake, "north", wait=0, meter=meter)


def test_what_notifications_became(dispatcher, shown):
    dispatcher.dispatch([Incoming()] * 7)
    dispatcher.dispatch([Incoming()] * 7)
    found = {
        word: shown().value(COUNTED, region="north", became=word)
        for word in ("new", "known", "ignored", "dead")
    }
    assert found == {"new": 6, "known": 2, "ignored": 4, "dead": 2}
    ahead = "concertim_listener_ahead_total"
    assert shown().value(ahead, region="north") == 4
    assert shown().value(COUNTED, region="north", became="ahead") is None
    size = "concertim_listener_batch_size"
    assert shown().value(f"{size}_count", region="north") == 2
    assert shown().value(f"{size}_sum", region="north") == 14
    took = "concertim_listener_batch_duration_seconds"
    assert shown().value(f"{took}_count", region="north") == 2
    last = "concertim_listener_last_batch_timestamp_seconds"
    assert shown().value(last, region="north") == NOW


def test_how_a_broker_is(meter, shown):
    waiting = "concertim_listener_queue_messages"
    is_up = "concertim_listener_broker_up"
    meter.looked("north", 157, is_up=True)
    assert shown().value(waiting, region="north") == 157
    assert shown().value(is_up, region="north") == 1
    meter.looked("north", None, is_up=False)
    assert shown().value(waiting, region="north") == 157
    assert shown().value(is_up, region="north") == 0


def test_before_anything_came_all_is_zero(dispatcher, shown):
    """A rate needs a value before the first one."""
    assert shown().value(COUNTED, region="north", became="dead") == 0
    for name in ("ahead", "returned"):
        counted = f"concertim_listener_{name}_total"
        assert shown().value(counted, region="north") == 0


def test_the_lag_is_that_of_the_oldest(dispatcher, shown):
    dispatcher.dispatch(
        [
            Incoming("2026-09-21 14:13:15.5"),
            Incoming("2026-09-21T15:13:10+01:00"),
            Incoming("yesterday"),
            Incoming(),
        ]
    )
    lag = "concertim_listener_lag_seconds"
    assert shown().value(f"{lag}_sum", region="north") == 10
    dispatcher.dispatch([Incoming()])
    assert shown().value(f"{lag}_count", region="north") == 1


def test_a_clock_ahead_of_ours_is_no_lag(dispatcher, shown):
    dispatcher.dispatch([Incoming("2026-09-21 15:00:00")])
    lag = "concertim_listener_lag_seconds"
    assert shown().value(f"{lag}_sum", region="north") == 0
    assert shown().value(f"{lag}_count", region="north") == 1


def test_what_goes_back_is_counted_as_that_only(dispatcher, intake, shown):
    intake.outcome = Unavailable("away")
    dispatcher.stop()
    dispatcher.dispatch([Incoming()] * 5)
    returned = "concertim_listener_returned_total"
    assert shown().value(returned, region="north") == 5
    assert shown().value(COUNTED, region="north", became="new") == 0
    size = "concertim_listener_batch_size_count"
    assert shown().value(size, region="north") == 0


def test_regions_are_counted_up_to_a_limit(dispatcher, intake, shown):
    """A message may name its region: hostile ones name many."""
    for number in range(200):
        intake.region = f"r-{number}"
        dispatcher.dispatch([Incoming("2026-09-21 14:13:15.5")])
    for name in ("notifications_total", "ahead_total", "lag_seconds_count"):
        labels = shown().labels(f"concertim_listener_{name}")
        regions = {label["region"] for label in labels}
        assert len(regions | {"north"}) == 101
        assert {"r-0", "r-98", "others"} <= regions
    rest = shown().value(COUNTED, region="others", became="new")
    assert rest == 101 * 3
    size = "concertim_listener_batch_size_count"
    assert shown().labels(size) == [{"region": "north"}]


def test_what_is_refused_is_counted_by_its_transport(
    dispatcher, intake, shown
):
    intake.region = ""
    dispatcher.dispatch([Incoming()])
    assert shown().value(COUNTED, region="north", became="dead") == 1


@pytest.fixture
def run(registry, tmp_path, monkeypatch):
    """Run a job, with outcomes one after the other, to the last."""
    monkeypatch.setattr(runner, "STANDBY", 0.02)

    def run(name, *outcomes):
        rest, ended = list(outcomes), threading.Event()

        def work(call):
            if len(rest) == 1:
                ended.set()
            return rest.pop(0) if rest else Outcome(idle=True)

        common = Coordination(f"file://{tmp_path}/locks", "c")
        agent = Agent(
            [Job(name, 0.01, work)],
            Jobs(),
            SystemClock(),
            common,
            "host:1",
            AgentMeter(registry),
        )
        agent.start()
        assert ended.wait(20)
        agent.stop(10)

    return run


RUNS = "concertim_agent_job_runs_total"
THINGS = "concertim_agent_things_total"


def test_runs_by_their_outcome(run, shown):
    run(
        "push",
        Outcome(summary={"created": 2, "updated": 0, "more": True}),
        Outcome("partial", summary={"created": 1}, error="x"),
        Outcome("partial", idle=True, error="x"),
    )
    assert shown().value(RUNS, name="push", outcome="done") == 1
    assert shown().value(RUNS, name="push", outcome="partial") == 2
    assert shown().value(RUNS, name="push", outcome="failed") == 0
    created = {"name": "push", "kind": "", "became": "created"}
    assert shown().value(THINGS, **created) == 3
    assert shown().labels(THINGS) == [created]
    took = "concertim_agent_job_duration_seconds_count"
    assert shown().value(took, name="push") == 2  # but the idle one


def test_a_sync_is_counted_by_kind(run, shown):
    run(
        "sync:north",
        Outcome(
            summary={
                "instance": {"listed": 5, "new": 1, "skipped": "no such"},
                "volume": {"listed": 2, "left_out": [{"id": "x"}]},
            }
        ),
    )
    name = "sync:north"
    for kind, became, number in (
        ("instance", "listed", 5),
        ("instance", "new", 1),
        ("volume", "listed", 2),
    ):
        found = shown().value(THINGS, name=name, kind=kind, became=became)
        assert found == number
    assert len(shown().labels(THINGS)) == 3


def test_nothing_is_counted_when_nobody_wants_it(intake):
    dispatcher = Dispatcher(intake, "north")
    assert dispatcher.dispatch([Incoming()]) == set()
    assert dispatcher.total.new == 3


def test_no_label_is_an_id_or_taken():
    """Prometheus itself has job and instance: ours would be renamed."""
    labels = {n for m in declared.METRICS.values() for n in m.labels}
    assert labels == {
        *("method", "route", "status", "region", "became", "state"),
        *("name", "outcome", "kind", "version", "python"),
    }


@pytest.mark.parametrize("metric", declared.METRICS.values(), ids=str)
def test_names_end_as_prometheus_has_it(metric):
    assert metric.name.startswith("concertim_")
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert bool(metric.buckets) == (metric.kind == "histogram")
