"""The jobs of the agent: one row each.

A job is a function that does what is due and says what came of it. When,
how often, and by which agent it is called is ``runner``'s business.
"""

from __future__ import annotations

import collections
import dataclasses as dc
import functools
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from concertim_api.services.accounts.purges import Purged, Purger
from concertim_api.services.cloud.reading import Cloud
from concertim_api.services.jobs.ports import JobFinder, JobRecord
from concertim_api.services.ledger.refresh import Refresher
from concertim_api.services.ledger.sync import Stopped, Sync
from concertim_api.services.ledger.sync_report import Report
from concertim_api.services.operations.announcements import Announcements
from concertim_api.services.operations.outcomes import Looked, Outcomes
from concertim_api.services.push.frontend import Away
from concertim_api.services.push.pusher import Pushed, Pusher
from concertim_api.services.view.projector import Projected, Projector

#: Nova is asked for more than what changed since it was asked last: clocks
#: differ, and what is being done is dated before it is to be seen.
OVERLAP = timedelta(minutes=5)

_NEWS = frozenset(("new", "changed", "gone", "absent"))

#: Objects that the cloud is asked for in one run at most: it can't be made
#: to end before.
_ASKED_FOR = 20


@dc.dataclass(frozen=True, slots=True)
class Call:
    """One run of a job: when it starts, what was asked for, and whether it
    is to end early."""

    at: datetime
    asked: Mapping[str, Any] = dc.field(default_factory=dict)
    stopping: Callable[[], bool] = lambda: False

    def progress(self, kind: str, listed: int) -> None:
        """Raise ``Stopped`` if the run is to end."""
        if self.stopping():
            raise Stopped


@dc.dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    ``idle``: there was nothing to do. ``more``: there is more, at once.
    ``wakes``: the jobs that have something to do now.
    """

    outcome: str = "done"
    summary: Mapping[str, Any] = dc.field(default_factory=dict)
    error: str = ""
    idle: bool = False
    more: bool = False
    wakes: tuple[str, ...] = ()


@dc.dataclass(frozen=True, slots=True)
class Job:
    """A name, how many seconds lie between two starts, and what to do.

    A *continual* job starts so often that not each run is recorded: its
    record has the totals since the agent began.
    """

    name: str
    interval: float
    run: Callable[[Call], Outcome]
    continual: bool = False


@dc.dataclass(frozen=True, slots=True)
class Intervals:
    """Seconds between the starts of each job."""

    view: float
    refresh: float
    changes: float
    sync: float
    push: float
    operations: float


def table(
    intervals: Intervals,
    records: JobFinder,
    projector: Projector,
    refresher: Refresher,
    sync: Sync,
    clouds: Mapping[str, Cloud],
    pusher: Pusher | None,
    outcomes: Outcomes | None = None,
    announcements: Announcements | None = None,
    purger: Purger | None = None,
) -> Iterator[Job]:
    """Yield the jobs of those who have one, and those for each region of
    the cloud."""
    often = intervals.operations
    continual: tuple[tuple[str, float, Any, Any], ...] = (
        ("view", intervals.view, _view, projector),
        ("refresh", intervals.refresh, _refresh, refresher),
        ("push", intervals.push, _push, pusher),
        ("operations", often, _operations, outcomes),
        ("announce", often, _announce, announcements),
        ("purge", often, _purge, purger),
    )
    for name, interval, run, whose in continual:
        if whose is not None:
            run_it = functools.partial(run, whose)
            yield Job(name, interval, run_it, continual=True)
    for region, cloud in clouds.items():
        yield Job(
            f"sync:{region}",
            intervals.sync,
            functools.partial(_sync, sync, cloud),
        )
        yield Job(
            f"changes:{region}",
            intervals.changes,
            functools.partial(_changes, sync, cloud, records),
        )


def _view(projector: Projector, call: Call) -> Outcome:
    found = projector.run()
    summary = dc.asdict(found)
    more = summary.pop("more")
    return Outcome(
        outcome="partial" if found.failed else "done",
        summary=summary,
        error=f"{found.failed} can't be shown" if found.failed else "",
        idle=not any(summary.values()),
        more=more,
        wakes=_woken(found),
    )


def _woken(found: Projected) -> tuple[str, ...]:
    woken = []
    if found.written or found.dropped:
        woken.append("push")
    if found.asked:
        woken.append("refresh")
    return tuple(woken)


def _push(pusher: Pusher, call: Call) -> Outcome:
    """Push what is due; all of it, if deletions are confirmed by that."""
    accept = bool(call.asked.get("accept_deletes"))
    totals: collections.Counter[str] = collections.Counter()
    retry, look = (bool(call.asked.get(n)) for n in ("retry", "survey"))
    try:
        while True:
            found = pusher.run(
                accept_deletes=accept,
                retry=retry,
                look=look,
                is_stopping=call.stopping,
            )
            totals.update(_counts(found))
            if not (accept and found.more) or call.stopping():
                return _pushed(totals, found)
            retry = look = False
    except Away as exc:
        return Outcome("failed", totals, error=f"the front end: {exc}")


def _counts(found: Pushed) -> dict[str, int]:
    told = dc.asdict(found)
    return {n: told[n] for n in told if n not in ("more", "troubled")}


def _pushed(totals: Mapping[str, int], found: Pushed) -> Outcome:
    wrong = found.troubled
    return Outcome(
        outcome="partial" if wrong else "done",
        summary=totals,
        error=f"{wrong} can't be pushed: see push list" if wrong else "",
        idle=not any(totals.values()),
        more=found.more,
    )


def _refresh(refresher: Refresher, call: Call) -> Outcome:
    found = dc.asdict(refresher.run(_ASKED_FOR))
    return Outcome(
        summary=found,
        idle=not any(found.values()),
        more=sum(found.values()) >= _ASKED_FOR,
        wakes=("view",) if found["news"] else (),
    )


def _operations(outcomes: Outcomes, call: Call) -> Outcome:
    found = outcomes.run()
    return Outcome(
        summary=dc.asdict(found),
        idle=found == Looked(),
        wakes=("view",) if found.asked else (),
    )


def _announce(announcements: Announcements, call: Call) -> Outcome:
    found = announcements.run()
    return Outcome(
        outcome="failed" if found.error else "done",
        summary={"told": found.told},
        error=found.error,
        idle=not found.told and not found.error,
        more=found.more,
    )


def _purge(purger: Purger, call: Call) -> Outcome:
    found = purger.run()
    return Outcome(
        summary=dc.asdict(found),
        idle=found == Purged(),
        wakes=("view", "operations") if found.gone else (),
    )


def _sync(sync: Sync, cloud: Cloud, call: Call) -> Outcome:
    report = sync.run(
        cloud,
        call.asked.get("kinds") or None,
        accept_deletes=bool(call.asked.get("accept_deletes")),
        progress=call.progress,
    )
    return _reported(report)


def _changes(
    sync: Sync, cloud: Cloud, records: JobFinder, call: Call
) -> Outcome:
    """Ask what changed since we asked last; the first time, since the last
    full sync listed everything.

    A sync since then does not make up for it: it finds that a server is not
    there, but not when it went.
    """
    own = records.job(f"changes:{cloud.region}")
    reached = _moment(own.summary.get("until") if own else None) or _synced(
        records.job(f"sync:{cloud.region}")
    )
    if reached is None:
        return Outcome(summary={"waits": f"sync:{cloud.region}"}, idle=True)
    since = reached - OVERLAP
    report = sync.changes(cloud, since, call.progress)
    found = _reported(report)
    until = reached if found.outcome == "failed" else call.at
    told = {"since": since.isoformat(), "until": until.isoformat()}
    return dc.replace(
        found,
        summary={**told, **found.summary},
        idle=not any(_NEWS & told.keys() for told in found.summary.values()),
    )


def _synced(record: JobRecord | None) -> datetime | None:
    """Return when the servers were listed, wholly, by the last sync."""
    if record is None or record.finished_at is None:
        return None
    told = record.summary.get("instance")
    if told is None or told.get("error") or told.get("skipped"):
        return None
    is_running = (
        record.started_at is None or record.started_at > record.finished_at
    )
    return None if is_running else record.started_at


def _reported(report: Report) -> Outcome:
    return Outcome(
        outcome=report.outcome, summary=report.summary(), error=report.error
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
