"""What changed since Nova was asked last: its servers, and when they ended."""

from __future__ import annotations

import dataclasses as dc
import functools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from concertim_api.services.cloud.reading import Cloud
from concertim_api.services.jobs.job import Call, Job, Outcome
from concertim_api.services.jobs.jobs import is_running
from concertim_api.services.jobs.ports import JobFinder, JobRecord
from concertim_api.services.ledger.sync import Sync

#: Nova is asked for more than what changed since it was asked last: clocks
#: differ, and what is being done is dated before it is to be seen.
OVERLAP = timedelta(minutes=5)

_NEWS = frozenset(("new", "changed", "gone", "absent"))


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    for region, cloud in built.clouds.items():
        yield Job(
            f"changes:{region}",
            conf.agent.changes_interval,
            functools.partial(changes, built.sync, cloud, built.store.jobs),
        )


def changes(
    sync: Sync, cloud: Cloud, records: JobFinder, call: Call
) -> Outcome:
    """Ask what changed since we asked last; the first time, since the last
    full sync listed everything.

    A sync since then does not make up for it: it finds that a server is not
    there, but not when it went.
    """
    record = records.job(f"changes:{cloud.region}")
    reached = _moment(record.summary.get("until") if record else None)
    reached = reached or _synced(records.job(f"sync:{cloud.region}"))
    if reached is None:
        return Outcome(summary={"waits": f"sync:{cloud.region}"}, idle=True)
    since = reached - OVERLAP
    outcome = sync.changes(cloud, since, call.progress).result()
    until = reached if outcome.outcome == "failed" else call.at
    window = {"since": since.isoformat(), "until": until.isoformat()}
    return dc.replace(
        outcome,
        summary={**window, **outcome.summary},
        idle=not any(_NEWS & kind.keys() for kind in outcome.summary.values()),
    )


def _synced(record: JobRecord | None) -> datetime | None:
    """Return when the servers were listed, wholly, by the last sync."""
    if record is None or record.finished_at is None or is_running(record):
        return None
    servers = record.summary.get("instance")
    if servers is None or servers.get("error") or servers.get("skipped"):
        return None
    return record.started_at


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
