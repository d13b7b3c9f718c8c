"""When a job runs, what is kept of it, and what if it fails."""

import dataclasses as dc
import logging
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.agent import agent as agents
from concertim_api.agent import records, runner
from concertim_api.agent.agent import Agent
from concertim_api.domain.errors import Unavailable
from concertim_api.services.jobs.job import Outcome
from concertim_api.services.jobs.jobs import is_running
from concertim_api.services.jobs.ports import JobRecord
from tests.waiting import wait_for


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(agents, "_LOOK", 0.02)
    monkeypatch.setattr(agents, "_LOOK_FAULT", 0.05)
    monkeypatch.setattr(runner, "STANDBY", 0.02)


@pytest.fixture
def start(store, clock, common):
    running = []

    def make(*works):
        agent = Agent(
            [work.job for work in works], store, clock, common, "host:1"
        )
        running.append(agent)
        agent.start()
        return agent

    yield make
    for agent in running:
        agent.stop(10)


@pytest.fixture
def finished(store):
    def find(name="sync:north"):
        return wait_for(
            f"a run of {name} to end",
            lambda: store.records.get(name),
            lambda record: record is not None and not is_running(record),
        )

    return find


def test_the_first_run_is_at_the_start(work, start, store, finished):
    start(work)
    record = finished()
    assert (record.outcome, record.agent) == ("done", "host:1")
    assert record.interval == 600
    assert record.summary == {"instance": {"listed": 1}}
    assert record.error is None
    assert record.started_at <= record.finished_at
    assert work.calls[0].at == record.started_at
    assert len(work.calls) == 1
    assert store.saved["sync:north"] == 2


def test_it_runs_again_after_the_interval(make_work, start):
    work = make_work(interval=0.02)
    start(work)
    work.until(5)


def before(**settings):
    return JobRecord("sync:north", 600, "host:0", outcome="done", **settings)


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("started", "finished", "outcome", "is_due"),
    [
        (-MINUTE, -MINUTE, "done", False),
        (-11 * MINUTE, -11 * MINUTE, "done", True),
        (-MINUTE, -2 * MINUTE, "done", True),  # it was killed
        (-MINUTE, None, "done", True),
        (-MINUTE, -MINUTE, "partial", True),
        (-MINUTE, -MINUTE, "failed", True),
        (60 * MINUTE, 60 * MINUTE, "done", False),  # by a wrong clock
    ],
)
def test_it_goes_on_where_the_last_agent_was(
    make_work, store, clock, started, finished, outcome, is_due
):
    now = clock.now()
    store.records["sync:north"] = dc.replace(
        before(),
        started_at=now + started,
        finished_at=finished and now + finished,
        outcome=outcome,
    )
    keeper = records.Keeper(make_work().job, store, clock, "host:1")
    wait = keeper.first_wait()
    assert (wait == 0) is is_due
    assert wait <= 600


def test_an_ask_runs_it_at_once_with_its_options(work, start, store, finished):
    start(work)
    finished()
    asked_at = datetime.now(UTC)
    store.ask("sync:north", {"kinds": ["stack"]}, asked_at)
    work.until(2)
    wait_for(
        "the ask to be answered",
        lambda: store.records["sync:north"],
        lambda record: record.asked_at is None,
    )
    assert work.calls[1].options == {"kinds": ["stack"]}
    time.sleep(0.1)  # nothing comes: no third run
    assert len(work.calls) == 2


def test_what_is_asked_while_it_runs_is_done_after(
    work, start, store, finished
):
    start(work)
    finished()
    go_on = threading.Event()
    work.outcome = lambda call: go_on.wait(20) and Outcome()
    first = datetime.now(UTC)
    store.ask("sync:north", {"n": 1}, first)
    work.until(2)
    store.ask("sync:north", {"n": 2}, first + MINUTE)
    go_on.set()
    work.until(3)
    wait_for(
        "the ask to be answered",
        lambda: store.records["sync:north"],
        lambda record: record.asked_at is None,
    )
    assert [call.options for call in work.calls] == [{}, {"n": 1}, {"n": 2}]


def test_one_job_wakes_another(make_work, start):
    refresh = make_work("refresh")
    view = make_work("view", interval=0.02)
    start(refresh, view)
    refresh.until(1)
    view.outcome = Outcome(wakes=("refresh",))
    refresh.until(2)


def test_more_is_done_at_once(make_work, start):
    work = make_work("view", continual=True)
    work.outcome = lambda call: Outcome(more=len(work.calls) < 5)
    start(work)
    work.until(5)
    time.sleep(0.05)  # nothing comes: no sixth run
    assert len(work.calls) == 5


def test_a_fault_is_logged_and_told_without_its_secrets(
    work, start, finished, caplog
):
    work.outcome = RuntimeError(
        "at https://admin:hush@cloud/v3\n'adminPass': 'hush2'"
    )
    start(work)
    record = finished()
    assert record.outcome == "failed"
    assert record.error.startswith("RuntimeError: at https://***@cloud/v3 ")
    assert "hush" not in record.error
    assert "\n" not in record.error
    assert "Traceback" in caplog.text


def test_after_failures_it_waits_longer_each_time(make_work, store):
    waits = {}
    for interval in (0.2, 60.0, 600.0):
        one = runner.Runner(
            make_work(interval=interval).job, None, None, None, None
        )
        waits[interval] = [one._patience() for _ in range(12)]
    assert waits[0.2][:6] == [1, 2, 4, 8, 16, 30]
    assert waits[60.0][:4] == [10, 20, 40, 60]
    assert waits[600.0][:7] == [10, 20, 40, 80, 160, 320, 600]
    assert all(
        seconds[-1] == max(interval, 30) for interval, seconds in waits.items()
    )


def test_a_database_that_is_down_is_waited_for(
    make_work, start, store, finished, caplog
):
    caplog.set_level(logging.INFO)
    works = [
        make_work("sync:north"),
        make_work("view", interval=0.02, continual=True),
    ]
    store.is_down = True
    start(*works)
    wait_for("six looks", lambda: store.looked, lambda looks: looks > 5)
    for work in works:
        work.outcome = Unavailable("the database does not answer")
    store.is_down = False
    works[0].until(1)
    for work in works:
        work.outcome = Outcome()
    assert finished().outcome == "done"
    works[1].until(3)
    waiting = caplog.text.count("Waiting for the database")
    assert waiting == caplog.text.count("the database works again")
    assert waiting < 4
    assert "Traceback" not in caplog.text


def test_all_go_on_as_soon_as_the_database_does(
    make_work, start, store, monkeypatch
):
    """However long they would still wait, and looked meanwhile."""
    monkeypatch.setattr(runner, "LOOK", 0.02)
    works = [
        make_work(name, interval=600, continual=True)
        for name in ("view", "push")
    ]
    store.is_down = True
    for work in works:
        work.outcome = Unavailable("the database does not answer")
    start(*works)
    for work in works:
        work.until(1)
    time.sleep(0.2)
    for work in works:
        work.outcome = Outcome()
    store.is_down = False
    for work in works:
        work.until(2, seconds=5)  # by itself after ten


def test_a_run_is_made_to_end(work, start, finished, caplog):
    entered = threading.Event()

    def run(call):
        entered.set()
        while True:
            call.progress("instance", 1)
            time.sleep(0.01)

    work.outcome = run
    agent = start(work)
    entered.wait(20)
    began = time.monotonic()
    agent.stop(600)
    assert time.monotonic() - began < 300
    record = finished()
    assert (record.outcome, record.error) == (
        "partial",
        "stopped before its end",
    )


def test_what_does_not_end_is_cut_off(work, start, caplog):
    entered = threading.Event()
    go_on = threading.Event()

    def run(call):
        entered.set()
        go_on.wait(20)
        return Outcome()

    work.outcome = run
    agent = start(work)
    entered.wait(20)
    agent.stop(0.1)
    assert "Cut off after 0 s: sync:north" in caplog.text
    go_on.set()


def test_two_agents_never_run_a_job_at_once(make_work, store, clock, tmp_path):
    from concertim_api.agent.coordination import Coordination

    inside, most, runs = [0], [0], [0]
    lock = threading.Lock()

    def run(call):
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            runs[0] += 1
        time.sleep(0.005)
        with lock:
            inside[0] -= 1
        return Outcome()

    agents_ = []
    for name in ("host:1", "host:2"):
        work = make_work(interval=0.001)
        work.outcome = run
        common = Coordination(f"file://{tmp_path}/locks", "concertim")
        agents_.append(Agent([work.job], store, clock, common, name))
        agents_[-1].start()
    wait_for("21 runs", lambda: runs[0], lambda count: count > 20)
    first = store.records["sync:north"].agent
    agents_.pop(0 if first == "host:1" else 1).stop(10)
    wait_for(
        f"an agent other than {first} to run the job",
        lambda: store.records["sync:north"].agent,
        lambda agent: agent != first,
    )
    agents_.pop().stop(10)
    assert most == [1]


def test_the_record_of_a_continual_job_has_totals_and_few_writes(
    make_work, store, clock, monkeypatch
):
    now = [100.0]
    monkeypatch.setattr(records.time, "monotonic", lambda: now[0])
    job = make_work("view", interval=0.2, continual=True).job
    keeper = records.Keeper(job, store, clock, "host:1")
    busy = Outcome(summary={"projected": 2})
    idle = Outcome(summary={"projected": 0}, idle=True)
    at = clock.now()
    for _ in range(50):  # ten busy seconds
        keeper.begun(at)
        keeper.ended(at, busy, None)
        now[0] += 0.2
    assert store.saved["view"] <= 11
    keeper.ended(at, idle, None)
    assert store.records["view"].summary == {"projected": 100}
    saved = store.saved["view"]
    for _ in range(500):  # a hundred idle ones
        keeper.ended(at, idle, None)
        now[0] += 0.2
    assert store.saved["view"] - saved in (9, 10, 11)
    store.ask("view", {}, at)
    keeper.ended(at, idle, at)  # who asked is answered at once
    assert store.records["view"].asked_at is None


def test_jobs_of_a_region_that_is_no_more_are_forgotten(
    work, start, store, clock, finished
):
    day = timedelta(days=1)
    for name, ago in (("sync:west", 2 * day), ("sync:east", day / 2)):
        at = clock.now() - ago
        store.records[name] = dc.replace(
            before(started_at=at, finished_at=at), name=name
        )
    start(work)
    finished()
    wait_for(
        "no record of sync:west",
        lambda: {*store.records},
        lambda names: "sync:west" not in names,
    )
    assert "sync:east" in store.records


def test_the_log_says_what_is_not_nothing():
    summary = {
        "since": "2026",
        "image": {},
        "instance": {
            "listed": 3,
            "new": 1,
            "left_out": [{"id": "a", "reason": "b"}],
            "left_out_count": 1,
        },
        "racks": 0,
    }
    assert records.figures(summary) == (
        "since 2026; instance 3 listed, 1 new, 1 left_out_count"
    )
    assert records.figures({"racks": 0}) == "nothing"


def test_an_agent_that_is_stopped_says_so(work, start, store, finished):
    """Of its own jobs only; the next run by any agent removes it."""
    store.records["push"] = before()
    agent = start(work)
    finished()
    agent.stop(10)
    assert store.records["push"].ended_at is None
    assert store.records["sync:north"].ended_at is not None
    start(work)
    store.ask("sync:north", {}, datetime.now(UTC))
    wait_for(
        "a run of the next agent",
        lambda: store.records["sync:north"],
        lambda record: record.ended_at is None,
    )


def test_an_agent_ends_while_the_database_is_away(
    work, start, store, finished
):
    agent = start(work)
    finished()
    store.is_down = True
    agent.stop(10)
    assert store.records["sync:north"].ended_at is None
