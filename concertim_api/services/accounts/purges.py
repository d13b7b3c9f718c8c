"""Purges: a team is deleted with all that is in it, step by step.

Each run reads the ledger, and deletes what comes first; the next step begins
when nothing of that is left. So a run may be interrupted anywhere, and others
may delete at the same time. The ledger only gives the order: a resource is
deleted if the cloud itself shows it in the project. When the ledger has
nothing more, the cloud is asked. What it still has is recorded; when it has
nothing, the project is deleted.
"""

from __future__ import annotations

import collections
import dataclasses as dc
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from concertim_api.domain.errors import (
    ConcertimError,
    NotFound,
    Unavailable,
)
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.domain.ledger.sightings import (
    Sighting,
    absence,
    key_of,
)
from concertim_api.domain.operations import Operation
from concertim_api.domain.waits import backoff
from concertim_api.services.accounts.remains import (
    KINDS,
    LedgerRemains,
    Remains,
    in_words,
    ledger_remains,
    parent_of,
)
from concertim_api.services.cloud.acting import CloudActions, Remainder
from concertim_api.services.cloud.reading import NotListed
from concertim_api.services.cloud.region import Region
from concertim_api.services.common.batches import reason
from concertim_api.services.common.listing import Listing, equal
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Job, Outcome, continual
from concertim_api.services.ledger.ports import ResourceReader, ResourceRow
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.operations.ports import PurgeLog

LOG = logging.getLogger(__name__)

#: Purges that are carried on in one run, and the deletions of each.
_PURGES, _DELETED = 5, 10

#: The waits double from the first to the longest, while nothing is gone.
_FIRST, _LONGEST = timedelta(seconds=1), timedelta(seconds=30)

OPEN_PURGES = equal(noun="team", action="purge", state="accepted")

_DELETE: Mapping[str, Callable[[CloudActions, ResourceRow], object]] = {
    "stack": lambda o, row: o.stacks.delete_stack(row.name or "", row.id),
    "instance": lambda o, row: o.compute.delete_server(
        row.id, force=row.state == "soft-delete"
    ),
    "snapshot": lambda o, row: o.remains.delete_snapshot(row.id),
    "volume": lambda o, row: o.storage.delete_volume(row.id),
    "floating_ip": lambda o, row: o.remains.delete_floating_ip(row.id),
    "router": lambda o, row: o.remains.delete_router(row.id),
    "network": lambda o, row: o.network.delete_network(row.id, row.project_id),
    "port": lambda o, row: o.remains.delete_port(row.id),
}

#: The kind that ``Cloud.look`` does not show: only ``RemainsActions.of`` does.
_UNSEEN = "backup"


#: What a run counts: purges that are *done*, and that *failed*; resources
#: that were asked to go (*deleted*), and that are *gone*.
_COUNTS = ("done", "failed", "deleted", "gone")


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    purger = Purger(
        built.store.ledger,
        built.store.operations,
        built.recorder,
        built.clouds,
        built.clock,
        timeout=timedelta(seconds=conf.operations.confirm_timeout),
    )
    yield continual("purge", conf.operations.interval, purger.run)


@dc.dataclass(slots=True)
class _Step:
    """What one run did for one purge."""

    deleted: int = 0
    gone: int = 0
    error: str | None = None
    #: One of several was deleted, and a look can't show that it is gone: the
    #: next run comes soon.
    is_slow: bool = False


class Purger:
    """Carries purges on, with the service's own credentials.

    ``timeout``: a purge has failed if nothing is gone for so long.
    """

    def __init__(
        self,
        ledger: ResourceReader,
        log: PurgeLog,
        recorder: Recorder,
        clouds: Mapping[str, Region],
        clock: Clock,
        timeout: timedelta,
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._recorder = recorder
        self._clouds = clouds
        self._remains = Remains(ledger, clouds)
        self._clock = clock
        self._timeout = timeout

    def run(self) -> Outcome:
        """Carry on the purges that are due, 5 at most.

        Statements: 1 if there is none; for each, 2, and those of
        ``Recorder.reconcile``, twice for each of at most 10 resources.
        Requests for each resource: those of ``Cloud.look``, which shows its
        project; if it is deleted, 1 for that, and those of ``Cloud.look``
        again. Backups are deleted one by one: those of ``RemainsActions.of``,
        and 1. When the ledger has nothing more: those of ``Remains.of``, and
        of ``Cloud.look`` for the first of each kind; 1 for the project.
        """
        listing = Listing(filters=OPEN_PURGES, sort=(("asked_at", False),))
        now = self._clock.now()
        counts: collections.Counter[str] = collections.Counter()
        carried = 0
        for purge in self._log.page(listing).rows:
            if carried >= _PURGES:
                break
            if purge.look_at is None or purge.look_at > now:
                continue
            carried += 1
            counts.update(self._carry(purge))
        return Outcome.counted(
            _COUNTS,
            counts,
            wakes=("view", "operations") if counts["gone"] else (),
        )

    def _carry(self, purge: Operation) -> Mapping[str, int]:
        """Carry a purge on, and return the counts; its errors do not stop
        others. Raises Unavailable: that is not the error of one purge."""
        step = _Step()
        remains = None
        try:
            assert purge.ref is not None
            remains = ledger_remains(self._ledger, purge.region, purge.ref.id)
            if self._delete_next(purge.region, purge.ref.id, remains, step):
                self._finish(purge, "done", None)
                return {"done": 1, "deleted": 1, "gone": 1}
        except Unavailable:
            raise
        except ConcertimError as exc:
            step.error = str(exc)
        except Exception as exc:  # our own error must not stop the rest
            step.error = reason(exc)
        return self._wait(purge, remains, step)

    def _delete_next(
        self, region: str, project_id: str, remains: LedgerRemains, step: _Step
    ) -> bool:
        """Delete what comes next; return whether that was the project."""
        cloud = self._clouds.get(region)
        if cloud is None:
            step.error = f"region {region} is not in [cloud]"
        elif remains.rows and remains.first[0].kind == _UNSEEN:
            self._delete_backup(cloud, remains, project_id, step)
        elif remains.rows:
            self._delete_some(cloud, remains, step)
        elif self._is_empty(cloud, project_id, step):
            return self._delete_project(cloud, project_id, step)
        return False

    def _delete_some(
        self, cloud: Region, remains: LedgerRemains, step: _Step
    ) -> None:
        """Delete the first resources, the longest unchanged first: so one
        that can't be deleted does not stop others."""
        actions = cloud.actions()
        oldest_first = sorted(remains.first, key=lambda row: row.updated_at)
        for row in oldest_first[:_DELETED]:
            try:
                if self._is_there(cloud, row, step) and self._delete(
                    actions, row, remains, step
                ):
                    self._look(cloud, row, step)
            except (ConcertimError, NotListed) as exc:
                step.error = f"{row.kind} {row.id}: {exc}"

    def _is_there(self, cloud: Region, row: ResourceRow, step: _Step) -> bool:
        """Whether the cloud shows the resource in the project."""
        observation = self._look(cloud, row, step)
        if observation is None:
            return False
        is_there = observation.project_id == row.project_id
        if not is_there:
            step.error = (
                f"{row.kind} {row.id}: the cloud does not say that it is in "
                f"project {row.project_id}"
            )
        return is_there

    def _delete(
        self,
        actions: CloudActions,
        row: ResourceRow,
        remains: LedgerRemains,
        step: _Step,
    ) -> bool:
        """Delete a resource; return False if that was not possible now. The
        next run tries again."""
        if _is_going(row) or _goes_with_another(row, remains):
            return False
        try:
            _DELETE[row.kind](actions, row)
        except NotFound:
            return True
        except ConcertimError as exc:
            step.error = f"{row.kind} {row.id}: {exc}"
            return False
        step.deleted += 1
        return True

    def _look(
        self, cloud: Region, row: ResourceRow, step: _Step
    ) -> Observation | None:
        """Record what the cloud shows of a resource; return its observation.
        None: the resource is gone."""
        ref = Ref(row.region, row.kind, row.id)
        sightings = cloud.look(row.kind, row.id)
        self._recorder.reconcile(sightings)
        observations = [sighting.observation for sighting in sightings]
        for observation in observations:
            if observation.ref == ref and observation.says == "alive":
                return observation
        step.gone += any(o.ref == ref for o in observations)
        return None

    def _delete_backup(
        self,
        cloud: Region,
        remains: LedgerRemains,
        project_id: str,
        step: _Step,
    ) -> None:
        """Delete the backup that the cloud shows in the project. If it
        shows none, those of the ledger are gone."""
        actions = cloud.actions().remains
        try:
            for remainder in actions.of(project_id):
                if remainder.kind == _UNSEEN:
                    actions.delete_backup(remainder.id)
                    step.deleted += 1
                    step.is_slow = True
                    return
            now = self._clock.now()
            refs = [Ref(row.region, row.kind, row.id) for row in remains.first]
            self._recorder.reconcile(
                [absence(ref, now, "operation") for ref in refs]
            )
            step.gone += len(refs)
        except ConcertimError as exc:
            step.error = f"{_UNSEEN}: {exc}"

    def _is_empty(self, cloud: Region, project_id: str, step: _Step) -> bool:
        """Whether the cloud has nothing. What it has in this region is
        recorded: the next run deletes it."""
        try:
            remainders = self._remains.of(project_id)
            if remainders:
                step.error = f"there are {in_words(remainders)}"
            for remainder in remainders:
                if (
                    remainder.region == cloud.region
                    and remainder.kind in KINDS
                ):
                    self._recorder.reconcile(
                        self._sightings(cloud, remainder, project_id)
                    )
        except (ConcertimError, NotListed) as exc:
            step.error = str(exc)
            return False
        return not remainders

    def _sightings(
        self, cloud: Region, remainder: Remainder, project_id: str
    ) -> Sequence[Sighting]:
        if remainder.kind != _UNSEEN:
            return cloud.look(remainder.kind, remainder.id)
        now = self._clock.now()
        ref = Ref(remainder.region, remainder.kind, remainder.id)
        observation = Observation(
            ref=ref,
            at=now.replace(microsecond=0),
            reported_at=now,
            key=key_of("operation", ref, now),
            says="alive",
            source="operation",
            project_id=project_id,
            details={"name": remainder.name} if remainder.name else {},
        )
        return [Sighting(observation)]

    def _delete_project(
        self, cloud: Region, project_id: str, step: _Step
    ) -> bool:
        try:
            sighting = cloud.actions().identity.delete_project(project_id)
            self._recorder.reconcile([sighting])
        except ConcertimError as exc:
            step.error = f"project {project_id}: {exc}"
            return False
        return True

    def _wait(
        self, purge: Operation, remains: LedgerRemains | None, step: _Step
    ) -> Mapping[str, int]:
        """Save how far a purge is, and when it goes on, or that it failed."""
        now = self._clock.now()
        before = purge.arguments.get("left")
        counts = remains.counts if remains else before or {}
        is_moving = (
            step.gone > 0
            or before is None
            or sum(counts.values()) < sum(before.values())
        )
        moved_at = (
            now if is_moving else _moment(purge.arguments.get("moved_at"))
        )
        if moved_at and now - moved_at > self._timeout:
            words = remains.in_words if remains else ""
            text = f"left: {words or 'the project'}"
            error = f"{text}; {step.error}" if step.error else text
            self._finish(purge, "failed", error)
            return {"failed": 1, "deleted": step.deleted, "gone": step.gone}
        looks = 0 if is_moving or step.is_slow else purge.looks + 1
        wait = backoff(looks, _FIRST, _LONGEST)
        more = {"left": counts, "moved_at": (moved_at or now).isoformat()}
        self._log.save(
            dc.replace(
                purge,
                arguments={**purge.arguments, **more},
                error=step.error,
                look_at=now if step.gone else now + wait,
                looks=looks,
            )
        )
        return {"deleted": step.deleted, "gone": step.gone}

    def _finish(self, purge: Operation, state: Any, error: str | None) -> None:
        LOG.info("team purge of %s is %s", purge.resource_id, state)
        self._log.save(
            dc.replace(
                purge,
                state=state,
                error=error,
                finished_at=self._clock.now(),
                look_at=None,
                arguments={
                    k: v
                    for k, v in purge.arguments.items()
                    if k != "left" or state == "failed"
                },
            )
        )


def _is_going(row: ResourceRow) -> bool:
    """Whether the cloud is deleting it, by the ledger."""
    return (row.state or "").lower() in (
        "delete_in_progress",
        "delete_started",
        "deleting",
    )


def _goes_with_another(row: ResourceRow, remains: LedgerRemains) -> bool:
    """Whether it is a stack that is deleted with its parent."""
    parent = parent_of(row)
    return parent is not None and any(
        other.kind == "stack" and other.id == parent for other in remains.rows
    )


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
