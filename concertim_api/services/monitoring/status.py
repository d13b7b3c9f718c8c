"""The status of the service: what is plugged in, part by part."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from concertim_api.domain.errors import Unavailable, in_full
from concertim_api.services.access.ports import TokenCache
from concertim_api.services.access.service_login import ServiceLogin
from concertim_api.services.common.ports import Clock, Database
from concertim_api.services.jobs.jobs import is_overdue, is_reported, silence
from concertim_api.services.jobs.ports import JobLister, JobRecord
from concertim_api.services.ledger.ports import LetterBox
from concertim_api.services.monitoring.backlog import MOST_LETTERS
from concertim_api.services.monitoring.ports import (
    Heartbeat,
    HeartbeatReader,
    HiddenStackReader,
)
from concertim_api.services.push.ports import PushBacklog

#: ok: it works. note: nothing is wrong, and somebody may wonder. late:
#: something waits for too long. failing: a part does not do its work.
State = Literal["ok", "note", "late", "failing"]

#: What waits for longer than that is late: a push; and in the queue of a
#: listener, more messages than that.
_LATE, _MANY = timedelta(minutes=5), 10_000

#: Who runs has reported within three heartbeats.
_BEATS = timedelta(seconds=15)

_SYNC = "sync:"


@dc.dataclass(frozen=True, slots=True)
class ServicePart:
    """A part of the service, and its state in a sentence.

    ``since``: the moment of which the sentence tells.
    """

    name: str
    state: State
    text: str
    region: str | None = None
    since: datetime | None = None

    @property
    def is_in_trouble(self) -> bool:
        return self.state in ("late", "failing")

    def __str__(self) -> str:
        place = f" {self.region}" if self.region else ""
        return f"{self.name}{place}: {self.text}"


@dc.dataclass(frozen=True, slots=True)
class ServiceStatus:
    """``is_whole`` false: the state of other parts can't be read."""

    at: datetime
    parts: Sequence[ServicePart]
    is_whole: bool = True

    @property
    def state(self) -> str:
        """ok; trouble if a part is late or failing; unknown if not whole."""
        if not self.is_whole:
            return "unknown"
        is_in_trouble = any(part.is_in_trouble for part in self.parts)
        return "trouble" if is_in_trouble else "ok"


@dc.dataclass(frozen=True, slots=True)
class StatusReader:
    """``regions``: those of the clouds. ``bindings`` None: there is no front
    end. ``has_region_rules``: a listener is not of one region, so that none
    is missing in a region. ``place``: where the database is, without a
    password. ``cache`` None: callers come with no tokens that could be
    kept."""

    version: str
    login: ServiceLogin
    database: Database
    jobs: JobLister
    heartbeats: HeartbeatReader
    letters: LetterBox
    stacks: HiddenStackReader
    clock: Clock
    regions: Sequence[str] = ()
    bindings: PushBacklog | None = None
    has_region_rules: bool = False
    place: str = ""
    cache: TokenCache | None = None

    def show(self) -> ServiceStatus:
        """Return the status of all parts, of the database alone; that of
        Keystone is what it last said to this process. While the database
        does not answer, it is without the parts that report there.

        8 statements.
        """
        now = self.clock.now()
        api = ServicePart("API", "ok", f"concertim-api {self.version} answers")
        parts = [api, self._keystone(), *self._cache()]
        try:
            return ServiceStatus(now, [*parts, *self._stored(now)])
        except Unavailable as exc:
            text = f"{in_full(exc)} ({self.place})"
            parts.append(ServicePart("database", "failing", text))
            return ServiceStatus(now, parts, is_whole=False)

    def _stored(self, now: datetime) -> Iterator[ServicePart]:
        """Yield the database, and what it has of others."""
        self.database.check()
        jobs = self.jobs.jobs()
        yield ServicePart(
            "database", "ok", "it answers, with the right schema"
        )
        expected = () if self.has_region_rules else self.regions
        yield from listeners(self.heartbeats.heartbeats(), expected, now)
        yield from agents(jobs, self.regions, now)
        yield self._front_end(now)
        yield _letters(self.letters.count(MOST_LETTERS))
        yield _hidden(self.stacks.hidden_stacks())

    def _keystone(self) -> ServicePart:
        if not self.login.is_used:
            return ServicePart("Keystone", "note", "callers need none")
        at = self.login.refused_at()
        if at is None:
            return ServicePart("Keystone", "ok", "it accepts this API")
        text = f"refuses the password of [keystone_authtoken], {_utc(at)}"
        return ServicePart("Keystone", "failing", text, since=at)

    def _cache(self) -> Iterator[ServicePart]:
        if silent := self.cache.silent() if self.cache else ():
            yield ServicePart("memcached", "failing", cache_problem(silent))

    def _front_end(self, now: datetime) -> ServicePart:
        if self.bindings is None:
            return ServicePart("front end", "note", "there is none")
        due_since = self.bindings.due_since(now)
        counts = self.bindings.unpushed()
        troubles = [
            f"{counts[state]} {state}"
            for state in ("failing", "refused")
            if counts[state]
        ]
        if troubles:
            text = f"{', '.join(troubles)}: see push list"
            return ServicePart("front end", "failing", text)
        if due_since is not None and now - due_since > _LATE:
            text = (
                f"behind the view since {_utc(due_since)}: see job show push"
            )
            return ServicePart("front end", "late", text, since=due_since)
        return ServicePart("front end", "ok", "shows what the view shows")


def listeners(
    heartbeats: Sequence[Heartbeat], regions: Iterable[str], now: datetime
) -> Iterator[ServicePart]:
    """Yield a listener and a broker for each region.

    ``regions``: those that need a listener; others may have one.
    """
    rows: dict[str, list[Heartbeat]] = {region: [] for region in regions}
    for heartbeat in heartbeats:
        rows.setdefault(heartbeat.region, []).append(heartbeat)
    if not rows:
        yield ServicePart(
            "listener", "failing", f"none has ever run: {_START}"
        )
    for region, beats in sorted(rows.items()):
        alive = [beat for beat in beats if beat.is_alive(now)]
        yield _listener(region, beats, alive)
        if alive:
            yield _broker(region, alive)


_START = "start concertim-listener"


def _listener(
    region: str, beats: Sequence[Heartbeat], alive: Sequence[Heartbeat]
) -> ServicePart:
    if not beats:
        text = f"none has ever run: {_START}"
        return ServicePart("listener", "failing", text, region)
    if not alive:
        last = max(beats, key=lambda beat: beat.beat_at)
        stopped = last.name if last.ended_at else None
        text = _none_runs(last.beat_at, stopped, _START)
        return ServicePart("listener", "failing", text, region, last.beat_at)
    number = len(alive)
    run = "1 process runs" if number == 1 else f"{number} processes run"
    moments = [beat.stored_at for beat in alive if beat.stored_at is not None]
    if not moments:
        text = f"{run}; no batch was stored yet"
        return ServicePart("listener", "ok", text, region)
    stored_at = max(moments)
    text = f"{run}, last batch {_utc(stored_at)}"
    return ServicePart("listener", "ok", text, region, stored_at)


def _broker(region: str, alive: Sequence[Heartbeat]) -> ServicePart:
    """Return what the broker is, by the newest reports: one that ended may
    have reported what is repaired by now."""
    last = max(beat.beat_at for beat in alive)
    alive = [beat for beat in alive if last - beat.beat_at <= _BEATS]
    for beat in alive:
        if beat.problem:
            return ServicePart("broker", "failing", beat.problem, region)
    counts = [beat.waiting for beat in alive if beat.waiting is not None]
    if not counts:
        return ServicePart(
            "broker", "note", "it does not show what waits", region
        )
    waiting = max(counts)
    if waiting > _MANY:
        text = f"{waiting} messages wait: the listener is behind"
        return ServicePart("broker", "late", text, region)
    return ServicePart("broker", "ok", f"{waiting} messages wait", region)


def agents(
    jobs: Sequence[JobRecord], regions: Iterable[str], now: datetime
) -> Iterator[ServicePart]:
    """Yield the agent; if one runs, its jobs; and the last sync of each
    region. ``regions``: those that need a sync."""
    yield from _agent(jobs, now)
    yield from _syncs(jobs, regions, now)


def _agent(jobs: Sequence[JobRecord], now: datetime) -> Iterator[ServicePart]:
    start, silent = "start concertim-agent", silence(jobs, now)
    if all(job.started_at is None for job in jobs):
        yield ServicePart("agent", "failing", f"none has ever run: {start}")
        return
    if silent is not None:
        text = _none_runs(silent.since, silent.stopped, start)
        yield ServicePart("agent", "failing", text, since=silent.since)
        return
    names = sorted(
        {job.agent for job in jobs if job.agent and is_reported(job, now)}
    )
    yield ServicePart("agent", "ok", f"runs: {', '.join(names)}")
    failed = [job.name for job in jobs if job.outcome == "failed"]
    late = [job.name for job in jobs if is_overdue(job, now)]
    if failed:
        yield ServicePart("jobs", "failing", f"{_these(failed)}: see job show")
    elif late:
        yield ServicePart(
            "jobs", "late", f"{_these(late)} overdue: see job show"
        )
    else:
        yield ServicePart(
            "jobs", "ok", f"{len(jobs)}, none failing or overdue"
        )


def _syncs(
    jobs: Sequence[JobRecord], regions: Iterable[str], now: datetime
) -> Iterator[ServicePart]:
    records: Mapping[str, JobRecord] = {
        job.name.removeprefix(_SYNC): job
        for job in jobs
        if job.name.startswith(_SYNC)
    }
    for region in sorted({*regions, *records}):
        job = records.get(region)
        if job is None or job.finished_at is None:
            yield ServicePart("sync", "late", "none has ended yet", region)
            continue
        text = f"{job.outcome}, {_utc(job.finished_at)}"
        state: State = "late" if is_overdue(job, now) else "ok"
        if job.outcome != "done":
            state, text = "failing", f"{text}: see sync status"
        yield ServicePart("sync", state, text, region, job.finished_at)


def _letters(count: int) -> ServicePart:
    if not count:
        return ServicePart("dead letters", "ok", "none")
    return ServicePart(
        "dead letters", "late", f"{count}: see dead letter list"
    )


def _hidden(stacks: Mapping[str, int]) -> ServicePart:
    if not stacks:
        return ServicePart("stacks not shown", "ok", "none")
    text = (
        f"{sum(stacks.values())} of projects that [view] projects leaves out: "
        f"{_these([*stacks])}"
    )
    return ServicePart("stacks not shown", "note", text)


def _these(names: Sequence[str], most: int = 3) -> str:
    more = len(names) - most
    tail = [f"and {more} more"] if more > 0 else []
    return ", ".join([*names[:most], *tail])


def cache_problem(servers: Sequence[str]) -> str:
    """Return what there is to do about a cache of tokens."""
    return (
        f"does not answer: {', '.join(servers)} ([keystone_authtoken] "
        "memcached_servers)"
    )


def _none_runs(since: datetime, stopped: str | None, start: str) -> str:
    """Return that none runs; and if the last was stopped, which that was."""
    end = f" ({stopped} was stopped)" if stopped else ""
    return f"none runs since {_utc(since)}{end}: {start}"


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
