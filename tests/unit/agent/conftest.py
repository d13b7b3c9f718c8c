"""Jobs without a database, a backend or a cloud."""

import collections
import dataclasses as dc
import threading

import pytest

from concertim_api.agent.coordination import Coordination
from concertim_api.bootstrap import SystemClock
from concertim_api.domain.errors import Unavailable
from concertim_api.services.jobs.job import Job, Outcome


class Jobs:
    """The jobs of a store, as the database keeps them."""

    def __init__(self):
        self.records = {}
        self.saved = collections.Counter()
        self.is_down = False
        self.looked = 0

    def _up(self):
        if self.is_down:
            raise Unavailable("the database does not answer")

    def jobs(self):
        self.looked += 1
        self._up()
        return list(self.records.values())

    def job(self, name):
        self._up()
        return self.records.get(name)

    def save(self, job):
        self._up()
        self.saved[job.name] += 1
        last = self.records.get(job.name)
        asked_at, options = None, {}
        if last:
            asked_at, options = last.asked_at, last.options
        done = job.finished_at is not None and (
            job.started_at is None or job.finished_at >= job.started_at
        )
        if done and asked_at == job.asked_at:
            asked_at, options = None, {}
        self.records[job.name] = dc.replace(
            job, asked_at=asked_at, options=options
        )

    def end(self, agent, at):
        self._up()
        for name, record in self.records.items():
            if record.agent == agent:
                self.records[name] = dc.replace(record, ended_at=at)

    def forget(self, name, before):
        self._up()
        return self.records.pop(name, None) is not None

    def ask(self, name, options, now):
        self._up()
        self.records[name] = dc.replace(
            self.records[name], asked_at=now, options=options
        )
        return self.records[name]


class Work:
    """A job that counts its runs and does what it is told to."""

    def __init__(self, name="sync:north", interval=600.0, **settings):
        self.calls = []
        self.outcome = Outcome(summary={"instance": {"listed": 1}})
        self.ran = threading.Condition()
        self.job = Job(name, interval, self, **settings)

    def __call__(self, call):
        with self.ran:
            self.calls.append(call)
            self.ran.notify_all()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        if callable(self.outcome):
            return self.outcome(call)
        return self.outcome

    def until(self, runs, seconds=20):
        with self.ran:
            assert self.ran.wait_for(
                lambda: len(self.calls) >= runs, seconds
            ), f"{len(self.calls)} runs, not {runs}"


@pytest.fixture
def store():
    return Jobs()


@pytest.fixture
def clock():
    return SystemClock()


@pytest.fixture
def common(tmp_path):
    made = Coordination(f"file://{tmp_path}/locks", "concertim")
    yield made
    made.stop()


@pytest.fixture
def make_work():
    return Work


@pytest.fixture
def work():
    return Work()
