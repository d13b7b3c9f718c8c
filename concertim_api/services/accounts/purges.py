"""Purges: a team is deleted with all that is in it, step by step.

The ledger is asked in each run, and what comes first is deleted; the next
step begins when nothing of it is left. So it makes no difference where a run
was interrupted, by whom, or what somebody deletes meanwhile. When the ledger
knows of nothing more, the cloud is asked: what it still has, the ledger is
told; when it has nothing, the project goes.
"""

from __future__ import annotations

import dataclasses as dc
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from concertim_api.domain.errors import ConcertimError, NotFound
from concertim_api.domain.ledger.observations import Observation, Ref, Says
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.operations import Operation
from concertim_api.domain.waits import backoff
from concertim_api.services.accounts.remains import (
    Recorded,
    Remains,
    in_words,
    parent_of,
    recorded_in,
)
from concertim_api.services.cloud.acting import Operator, Remainder
from concertim_api.services.cloud.reading import NotListed
from concertim_api.services.cloud.region import Region
from concertim_api.services.common.listing import Filter, Listing
from concertim_api.services.common.ports import Clock
from concertim_api.services.ledger.ports import ResourceLister, ResourceRow
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.operations.ports import PurgeLog

LOG = logging.getLogger(__name__)

#: Purges that are carried on in one run, and what one deletes in it at most.
_PURGES, _DELETED = 5, 10

#: The waits double from the first to the longest, while nothing goes.
_FIRST, _LONGEST = timedelta(seconds=1), timedelta(seconds=30)

_WHICH = (
    Filter("noun", "eq", "team"),
    Filter("action", "eq", "purge"),
    Filter("state", "eq", "accepted"),
)

_DELETE: Mapping[str, Callable[[Operator, ResourceRow], object]] = {
    "stack": lambda o, row: o.stacks.delete_stack(row.name or "", row.id),
    "instance": lambda o, row: o.compute.delete_server(
        row.id, force=row.state == "soft-delete"
    ),
    "backup": lambda o, row: o.remains.delete_backup(row.id),
    "snapshot": lambda o, row: o.remains.delete_snapshot(row.id),
    "volume": lambda o, row: o.storage.delete_volume(row.id),
    "floating_ip": lambda o, row: o.remains.delete_floating_ip(row.id),
    "router": lambda o, row: o.remains.delete_router(row.id),
    "network": lambda o, row: o.network.delete_network(row.id, row.project_id),
    "port": lambda o, row: o.remains.delete_port(row.id),
}

#: What nobody can be asked for -> what the same service is asked for instead,
#: that we see whether it is there at all.
_ASKED = {"backup": "volume"}


@dc.dataclass(frozen=True, slots=True)
class Purged:
    """What a run did: purges that are done, and that failed; what was
    asked to go, and what is gone."""

    done: int = 0
    failed: int = 0
    deleted: int = 0
    gone: int = 0


@dc.dataclass(slots=True)
class _Run:
    """One purge in one run."""

    deleted: int = 0
    gone: int = 0
    error: str | None = None


class Purger:
    """Carries purges on, with the service's own credentials.

    ``timeout``: a purge of which nothing goes for so long has failed.
    """

    def __init__(
        self,
        ledger: ResourceLister,
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

    def run(self) -> Purged:
        """Carry on those purges that are due, 5 at most.

        Statements: 1 if there is none; for each, 2, and those of
        ``Recorder.reconcile`` for each of at most 10 resources. Requests:
        for each of these 1 to delete it, and those of ``Cloud.look``. When
        the ledger knows of no more: those of ``Remains.of``, and of
        ``Cloud.look`` for the first of each kind; 1 for the project.
        """
        listing = Listing(filters=_WHICH, sort=(("asked_at", False),))
        now = self._clock.now()
        total = Purged()
        carried = 0
        for one in self._log.page(listing).rows:
            if carried >= _PURGES:
                break
            if one.look_at is None or one.look_at > now:
                continue
            carried += 1
            total = _sum(total, self._carry(one))
        return total

    def _carry(self, one: Operation) -> Purged:
        assert one.ref is not None
        run = _Run()
        left = recorded_in(self._ledger, one.region, one.ref.id)
        cloud = self._clouds.get(one.region)
        if cloud is None:
            run.error = f"region {one.region} is not in [cloud]"
        elif left.rows:
            self._delete_some(cloud, left, run)
        elif self._is_empty(cloud, one.ref.id, run) and self._delete_project(
            cloud, one.ref.id, run
        ):
            self._finish(one, "done", None)
            return Purged(done=1, deleted=1, gone=1)
        return self._wait(one, left, run)

    def _delete_some(self, cloud: Region, left: Recorded, run: _Run) -> None:
        """Delete what is to go first; those of which we heard last come
        last, so that what does not go hinders no other."""
        operator = cloud.operator()
        oldest_first = sorted(left.first, key=lambda row: row.updated_at)
        for row in oldest_first[:_DELETED]:
            try:
                is_there = self._delete(operator, row, left, run)
                run.gone += self._look(cloud, row, is_there)
            except (ConcertimError, NotListed) as exc:
                run.error = f"{row.kind} {row.id}: {exc}"

    def _delete(
        self, operator: Operator, row: ResourceRow, left: Recorded, run: _Run
    ) -> bool:
        """Have a resource deleted; return False if there is none.

        What the cloud does not let go now, is tried again.
        """
        if _is_going(row) or _goes_with_another(row, left):
            return True
        try:
            _DELETE[row.kind](operator, row)
        except NotFound:
            return False
        except ConcertimError as exc:
            run.error = f"{row.kind} {row.id}: {exc}"
        else:
            run.deleted += 1
        return True

    def _look(self, cloud: Region, row: ResourceRow, is_there: bool) -> int:
        """Record what has become of a resource; return 1 if it is gone.

        Of what nobody can be asked for, it is told when it was to be
        deleted; but not if its whole service is away.
        """
        ref = Ref(row.region, row.kind, row.id)
        seen = cloud.look(_ASKED.get(row.kind, row.kind), row.id)
        if row.kind in _ASKED:
            now = self._clock.now()
            seen = [] if is_there else [_sighting(ref, now, "absent")]
        self._recorder.reconcile(seen)
        return sum(
            told.ref == ref and told.says in ("gone", "absent")
            for told in (sighting.observation for sighting in seen)
        )

    def _is_empty(self, cloud: Region, project_id: str, run: _Run) -> bool:
        """Whether the cloud says so. What it has in this region, the ledger
        is told: the next run deletes it."""
        try:
            remainders = self._remains.of(project_id)
            if remainders:
                run.error = f"there are {in_words(remainders)}"
            for remainder in remainders:
                if (
                    remainder.region == cloud.region
                    and remainder.kind in _DELETE
                ):
                    self._recorder.reconcile(
                        self._sightings(cloud, remainder, project_id)
                    )
        except (ConcertimError, NotListed) as exc:
            run.error = str(exc)
            return False
        return not remainders

    def _sightings(
        self, cloud: Region, remainder: Remainder, project_id: str
    ) -> Sequence[Sighting]:
        if remainder.kind not in _ASKED:
            return cloud.look(remainder.kind, remainder.id)
        sighting = _sighting(
            Ref(remainder.region, remainder.kind, remainder.id),
            self._clock.now(),
            "alive",
            project_id=project_id,
            details={"name": remainder.name} if remainder.name else {},
        )
        return [sighting]

    def _delete_project(
        self, cloud: Region, project_id: str, run: _Run
    ) -> bool:
        try:
            seen = cloud.operator().identity.delete_project(project_id)
            self._recorder.reconcile([seen])
        except ConcertimError as exc:
            run.error = f"project {project_id}: {exc}"
            return False
        return True

    def _wait(self, one: Operation, left: Recorded, run: _Run) -> Purged:
        """Note how far it is, and when it goes on; give it up in the end."""
        now = self._clock.now()
        counts = left.counts
        before = one.arguments.get("left")
        moved = (
            run.gone > 0
            or before is None
            or sum(counts.values()) < sum(before.values())
        )
        moved_at = now if moved else _moment(one.arguments.get("moved_at"))
        if moved_at and now - moved_at > self._timeout:
            told = f"left: {left.in_words or 'the project'}"
            self._finish(
                one, "failed", f"{told}; {run.error}" if run.error else told
            )
            return Purged(failed=1, deleted=run.deleted, gone=run.gone)
        looks = 0 if moved else one.looks + 1
        wait = backoff(looks, _FIRST, _LONGEST)
        more = {"left": counts, "moved_at": (moved_at or now).isoformat()}
        self._log.save(
            dc.replace(
                one,
                arguments={**one.arguments, **more},
                error=run.error,
                look_at=now if run.gone else now + wait,
                looks=looks,
            )
        )
        return Purged(deleted=run.deleted, gone=run.gone)

    def _finish(self, one: Operation, state: Any, error: str | None) -> None:
        LOG.info("team purge of %s is %s", one.resource_id, state)
        self._log.save(
            dc.replace(
                one,
                state=state,
                error=error,
                finished_at=self._clock.now(),
                look_at=None,
                arguments={
                    k: v
                    for k, v in one.arguments.items()
                    if k != "left" or state == "failed"
                },
            )
        )


def _is_going(row: ResourceRow) -> bool:
    """Whether the cloud deletes it already, as we know."""
    return (row.state or "").lower() in (
        "delete_in_progress",
        "delete_started",
        "deleting",
    )


def _goes_with_another(row: ResourceRow, left: Recorded) -> bool:
    """Whether it is a stack that goes with the one that made it."""
    parent = parent_of(row)
    return parent is not None and any(
        one.kind == "stack" and one.id == parent for one in left.rows
    )


def _sighting(ref: Ref, now: datetime, says: Says, **more: Any) -> Sighting:
    return Sighting(
        Observation(
            ref=ref,
            at=now.replace(microsecond=0),
            reported_at=now,
            key=f"operation/{uuid.uuid4().hex}",
            says=says,
            source="operation",
            **more,
        )
    )


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _sum(one: Purged, other: Purged) -> Purged:
    pairs = zip(dc.astuple(one), dc.astuple(other), strict=True)
    return Purged(*(a + b for a, b in pairs))
