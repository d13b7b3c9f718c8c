"""The table of all metrics, for the code, the documentation and tests."""

from __future__ import annotations

import dataclasses as dc
import functools
from collections.abc import Mapping
from typing import Any, Literal

import prometheus_client as client

# No series of when each counter began: they would be twice as many.
client.disable_created_metrics()

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_MINUTES = (0.01, 0.1, 0.5, 1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600)
_LAGS = (0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3600, 21600, 86400)
_SIZES = (1, 5, 10, 50, 100, 250, 500, 1000, 2500, 5000)


@dc.dataclass(frozen=True, slots=True)
class Metric:
    """``process`` shows it: api, listener or agent; or each of them.

    A label has few values: never ids. ``buckets`` are those of a histogram. No
    label is called "job": Prometheus has a label of that name.
    """

    process: Literal["each", "api", "listener", "agent"]
    kind: Literal["counter", "gauge", "histogram"]
    name: str
    says: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    def made(self, registry: client.CollectorRegistry | None) -> Any:
        """Return what counts it, registered unless the registry is None."""
        options = {"buckets": self.buckets} if self.buckets else {}
        make: Any = {
            "counter": client.Counter,
            "gauge": client.Gauge,
            "histogram": client.Histogram,
        }[self.kind]
        return make(
            self.name, self.says, self.labels, registry=registry, **options
        )


_listener_histogram = functools.partial(Metric, "listener", "histogram")
_agent_gauge = functools.partial(Metric, "agent", "gauge")

BUILD_INFO = Metric(
    "each",
    "gauge",
    "concertim_build_info",
    "1, with the versions of concertim-api and of Python.",
    ("version", "python"),
)
API_REQUESTS = Metric(
    "api",
    "counter",
    "concertim_api_requests_total",
    "Requests that were answered. A status is like 2xx; unrouted: a request "
    "that no route is for, or that was refused before the route was known.",
    ("method", "route", "status"),
)
API_DURATION = Metric(
    "api",
    "histogram",
    "concertim_api_request_duration_seconds",
    "From the arrival of a request to the end of its answer.",
    ("method", "route"),
    _SECONDS,
)
LOGINS_REFUSED = Metric(
    "api",
    "counter",
    "concertim_api_logins_refused_total",
    "Requests that failed because Keystone refuses the password of the API.",
)
NOTIFICATIONS = Metric(
    "listener",
    "counter",
    "concertim_listener_notifications_total",
    "Notifications: new, known, ignored, unlisted (unforeseen) or dead.",
    ("region", "became"),
)
AHEAD = Metric(
    "listener",
    "counter",
    "concertim_listener_ahead_total",
    "New notifications that were dated later than they came: a clock is "
    "ahead.",
    ("region",),
)
RETURNED = Metric(
    "listener",
    "counter",
    "concertim_listener_returned_total",
    "Notifications that went back to the broker: the database was away.",
    ("region",),
)
BATCH_SIZE = _listener_histogram(
    "concertim_listener_batch_size",
    "Notifications that were stored in one transaction.",
    ("region",),
    _SIZES,
)
BATCH_DURATION = _listener_histogram(
    "concertim_listener_batch_duration_seconds",
    "How long a batch took to be stored.",
    ("region",),
    _SECONDS,
)
LAG = _listener_histogram(
    "concertim_listener_lag_seconds",
    "Age of the oldest notification of a batch when it was stored, by the "
    "clocks of who sent it and of the listener.",
    ("region",),
    _LAGS,
)
LAST_BATCH = Metric(
    "listener",
    "gauge",
    "concertim_listener_last_batch_timestamp_seconds",
    "When a batch was stored last.",
    ("region",),
)
BROKER_UP = Metric(
    "listener",
    "gauge",
    "concertim_listener_broker_up",
    "1: the broker takes this process. 0: it does not answer, or refuses its "
    "user.",
    ("region",),
)
QUEUE_MESSAGES = Metric(
    "listener",
    "gauge",
    "concertim_listener_queue_messages",
    "Messages that were ready in the queue of the listener, or the lag of its "
    "group at Kafka, as the broker last said.",
    ("region",),
)
JOB_RUNS = Metric(
    "agent",
    "counter",
    "concertim_agent_job_runs_total",
    "Runs of jobs by this agent: done, partial, failed; idle: there was "
    "nothing to do.",
    ("name", "outcome"),
)
JOB_DURATION = Metric(
    "agent",
    "histogram",
    "concertim_agent_job_duration_seconds",
    "How long the runs took that had something to do.",
    ("name",),
    _MINUTES,
)
THINGS = Metric(
    "agent",
    "counter",
    "concertim_agent_things_total",
    "What runs of jobs came to: the figures of their summaries. Only those "
    "of a sync have a kind.",
    ("name", "kind", "became"),
)
DATABASE_UP = _agent_gauge(
    "concertim_database_up",
    "1: the database answers. 0: it does not, and the metrics below are left "
    "out.",
)
PUSH_DUE = _agent_gauge(
    "concertim_push_oldest_due_seconds",
    "For how long the oldest change has waited to be pushed; 0: none waits. "
    "After a failure a change is not due before its next try.",
)
PUSHES = _agent_gauge(
    "concertim_pushes",
    "Objects of the front end that differ from the view, by state: waiting, "
    "failing, refused or kept.",
    ("state",),
)
REFRESHES = _agent_gauge(
    "concertim_refreshes",
    "Single resources that the cloud is to be asked for: waiting; of these "
    "failing.",
    ("state",),
)
REFOLDS = _agent_gauge(
    "concertim_refolds",
    "Resources whose periods lack observations that came late.",
)
OPERATIONS = _agent_gauge(
    "concertim_operations",
    "Operations that are not finished (open), and those whose state is to be "
    "announced (untold).",
    ("state",),
)
SETTLEMENTS = _agent_gauge(
    "concertim_settlements",
    "Accounts with a day before yesterday that is not settled, or with news "
    "of one that was: waiting; of these failing. Accounts with a month "
    "without an invoice that ended longer ago than its grace and a day: "
    "overdue.",
    ("state",),
)
POSTINGS = _agent_gauge(
    "concertim_postings",
    "Daily records, credits and invoices that the billing system has not "
    "acknowledged (waiting); of these refused.",
    ("state",),
)
DEAD_LETTERS = _agent_gauge(
    "concertim_dead_letters",
    "Dead letters; no more than 10000 are counted.",
)
LISTENERS = _agent_gauge(
    "concertim_listeners",
    "Processes of the listener that reported on a region within a minute.",
    ("region",),
)
JOB_FINISHED = _agent_gauge(
    "concertim_job_finished_timestamp_seconds",
    "When a job last ended, by whichever agent.",
    ("name",),
)
JOB_INTERVAL = _agent_gauge(
    "concertim_job_interval_seconds",
    "The time between two starts of a job.",
    ("name",),
)
JOB_OUTCOME = _agent_gauge(
    "concertim_job_outcome",
    "1 for the outcome of the last run of a job, 0 for the other outcomes.",
    ("name", "outcome"),
)
JOB_OVERDUE = _agent_gauge(
    "concertim_job_overdue",
    "1: a job has not ended for three intervals and a minute.",
    ("name",),
)
LISTED = _agent_gauge(
    "concertim_sync_listed_timestamp_seconds",
    "When a full sync last listed all kinds of a region. Not shown until "
    "this agent has seen one.",
    ("region",),
)

#: By name, in the order of their declaration.
METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in tuple(globals().values())
    if isinstance(metric, Metric)
}
