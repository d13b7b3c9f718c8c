"""What is in the database, asked for at each scrape."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from concertim_api.domain.errors import Unavailable
from concertim_api.instrumentation import declared
from concertim_api.instrumentation.agent import OUTCOMES
from concertim_api.instrumentation.declared import Metric
from concertim_api.services.jobs.jobs import is_overdue
from concertim_api.services.monitoring.backlog import Backlog

LOG = logging.getLogger(__name__)

Samples = Iterable[tuple[tuple[str, ...], float]]


class _Look:
    """One look at the database, in a thread of its own."""

    def __init__(self, look: Callable[[], Backlog]) -> None:
        self._look = look
        self._ended = threading.Event()
        self.began = time.monotonic()
        self.backlog: Backlog | None = None
        threading.Thread(target=self._run, name="metrics", daemon=True).start()

    def _run(self) -> None:
        try:
            self.backlog = self._look()
        except Unavailable as exc:
            LOG.debug("The database is not shown: %s", exc)
        except Exception:
            LOG.exception("Looking at the database for metrics failed")
        finally:
            self._ended.set()

    def wait(self, seconds: float) -> bool:
        return self._ended.wait(seconds)


class BacklogCollector(Collector):
    """Shows the backlog as it was within ``max_age`` seconds.

    It looks once at a time, even if several scrape. A backlog that does not
    come within ``patience`` seconds is not shown, nor is an older one.
    """

    def __init__(
        self,
        look: Callable[[], Backlog],
        max_age: float,
        patience: float = 3.0,
    ) -> None:
        self._make_look = look
        self._max_age = max_age
        self._patience = patience
        self._lock = threading.Lock()
        self._last: _Look | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        backlog = self._backlog()
        yield _gauge(declared.DATABASE_UP, [((), float(backlog is not None))])
        if backlog is not None:
            yield from _of_backlog(backlog)
            yield from _of_jobs(backlog)

    def _backlog(self) -> Backlog | None:
        with self._lock:
            if self._last is None or self._is_old(self._last):
                self._last = _Look(self._make_look)
            last = self._last
        return last.backlog if last.wait(self._patience) else None

    def _is_old(self, last: _Look) -> bool:
        if not last.wait(0):
            return False
        age = time.monotonic() - last.began
        return last.backlog is None or age >= self._max_age


def _gauge(metric: Metric, samples: Samples) -> GaugeMetricFamily:
    family = GaugeMetricFamily(metric.name, metric.says, labels=metric.labels)
    for labels, value in samples:
        family.add_metric(labels, value)
    return family


def _states(metric: Metric, counts: Mapping[Any, int]) -> GaugeMetricFamily:
    return _gauge(metric, [((name,), n) for name, n in sorted(counts.items())])


def _of_backlog(backlog: Backlog) -> Iterator[GaugeMetricFamily]:
    since = backlog.push_due_since
    waits = 0.0 if since is None else (backlog.at - since).total_seconds()
    if backlog.pushes:
        yield _gauge(declared.PUSH_DUE, [((), max(waits, 0.0))])
        yield _states(declared.PUSHES, backlog.pushes)
    yield _states(declared.REFRESHES, backlog.refreshes)
    yield _gauge(declared.REFOLDS, [((), backlog.refolds)])
    yield _states(declared.OPERATIONS, backlog.operations)
    yield _states(declared.SETTLEMENTS, backlog.settlements)
    yield _states(declared.POSTINGS, backlog.postings)
    yield _gauge(
        declared.LISTENERS,
        [((name,), n) for name, n in sorted(backlog.listeners.items())],
    )
    yield _gauge(declared.DEAD_LETTERS, [((), backlog.dead_letters)])
    yield _gauge(
        declared.LISTED,
        [((n,), at.timestamp()) for n, at in sorted(backlog.listed.items())],
    )


def _of_jobs(backlog: Backlog) -> Iterator[GaugeMetricFamily]:
    jobs = backlog.jobs
    yield _gauge(
        declared.JOB_FINISHED,
        [
            ((job.name,), job.finished_at.timestamp())
            for job in jobs
            if job.finished_at is not None
        ],
    )
    yield _gauge(
        declared.JOB_INTERVAL, [((job.name,), job.interval) for job in jobs]
    )
    yield _gauge(
        declared.JOB_OUTCOME,
        [
            ((job.name, outcome), float(job.outcome == outcome))
            for job in jobs
            if job.outcome is not None
            for outcome in OUTCOMES
        ],
    )
    yield _gauge(
        declared.JOB_OVERDUE,
        [((job.name,), float(is_overdue(job, backlog.at))) for job in jobs],
    )
