"""Purges: a team is deleted with all that is in it, step by step.

The ledger is asked in each run, and what comes first is deleted; the next
step begins when nothing of it is left. So it makes no difference where a run
was interrupted, by whom, or what somebody deletes meanwhile. The ledger gives
the order only: nothing is deleted unless the cloud itself says that it is in
the project. When the ledger knows of nothing more, the cloud is asked: what it
still has, the ledger is told; when it has nothing, the project goes.
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
    absent,
    key_of,
)
from concertim_api.domain.operations import Operation
from concertim_api.domain.waits import backoff
from concertim_api.services.accounts.remains import (
    KINDS,
    Recorded,
    Remains,
    in_words,
    parent_of,
    recorded_in,
)
from concertim_api.services.cloud.acting import CloudActions, Remainder
from concertim_api.services.cloud.reading import NotListed
from concertim_api.services.cloud.region import Region
from concertim_api.services.common.batches import reason
from concertim_api.services.common.listing import Filter, Listing
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Job, Outcome, continual
from concertim_api.services.ledger.ports import ResourceReader, ResourceRow
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

#: What no ``Cloud.look`` tells of: that it is there, and whose it is, only
#: the question for what is left says.
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
class _Run:
    """One purge in one run."""

    deleted: int = 0
    gone: int = 0
    error: str | None = None
    #: What was deleted is one of several, and only the last shows that they
    #: are gone: the next run is soon.
    is_slow: bool = False


class Purger:
    """Carries purges on, with the service's own credentials.

    ``timeout``: a purge of which nothing goes for so long has failed.
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
        """Carry on those purges that are due, 5 at most.

        Statements: 1 if there is none; for each, 2, and those of
        ``Recorder.reconcile``, twice for each of at most 10 resources.
        Requests: for each of these those of ``Cloud.look``, which says whose
        it is; if it is deleted, 1 for that, and those of ``Cloud.look``
        again. Backups go one by one: those of ``RemainsActions.of``, and 1
        to delete it. When the ledger knows of no more: those of
        ``Remains.of``, and of ``Cloud.look`` for the first of each kind; 1
        for the project.
        """
        listing = Listing(filters=_WHICH, sort=(("asked_at", False),))
        now = self._clock.now()
        counts: collections.Counter[str] = collections.Counter()
        carried = 0
        for one in self._log.page(listing).rows:
            if carried >= _PURGES:
                break
            if one.look_at is None or one.look_at > now:
                continue
            carried += 1
            counts.update(self._carry(one))
        return Outcome.counted(
            _COUNTS,
            counts,
            wakes=("view", "operations") if counts["gone"] else (),
        )

    def _carry(self, one: Operation) -> Mapping[str, int]:
        """Carry a purge on; return what was done.

        What goes wrong in it stops no other. Raises Unavailable: that is no
        purge's fault.
        """
        run = _Run()
        left = None
        try:
            assert one.ref is not None
            left = recorded_in(self._ledger, one.region, one.ref.id)
            if self._step(one.region, one.ref.id, left, run):
                self._finish(one, "done", None)
                return {"done": 1, "deleted": 1, "gone": 1}
        except Unavailable:
            raise
        except ConcertimError as exc:
            run.error = str(exc)
        except Exception as exc:  # a fault of ours must not stop the rest
            run.error = reason(exc)
        return self._wait(one, left, run)

    def _step(
        self, region: str, project_id: str, left: Recorded, run: _Run
    ) -> bool:
        """Delete what comes first; return whether that was the project."""
        cloud = self._clouds.get(region)
        if cloud is None:
            run.error = f"region {region} is not in [cloud]"
        elif left.rows and left.first[0].kind == _UNSEEN:
            self._delete_backup(cloud, left, project_id, run)
        elif left.rows:
            self._delete_some(cloud, left, run)
        elif self._is_empty(cloud, project_id, run):
            return self._delete_project(cloud, project_id, run)
        return False

    def _delete_some(self, cloud: Region, left: Recorded, run: _Run) -> None:
        """Delete what is to go first; those of which we heard last come
        last, so that what does not go hinders no other."""
        actions = cloud.actions()
        oldest_first = sorted(left.first, key=lambda row: row.updated_at)
        for row in oldest_first[:_DELETED]:
            try:
                if self._is_there(cloud, row, run) and self._delete(
                    actions, row, left, run
                ):
                    self._look(cloud, row, run)
            except (ConcertimError, NotListed) as exc:
                run.error = f"{row.kind} {row.id}: {exc}"

    def _is_there(self, cloud: Region, row: ResourceRow, run: _Run) -> bool:
        """Whether the cloud says that it has this in the project."""
        observation = self._look(cloud, row, run)
        if observation is None:
            return False
        is_there = observation.project_id == row.project_id
        if not is_there:
            run.error = (
                f"{row.kind} {row.id}: the cloud does not say that it is in "
                f"project {row.project_id}"
            )
        return is_there

    def _delete(
        self,
        actions: CloudActions,
        row: ResourceRow,
        left: Recorded,
        run: _Run,
    ) -> bool:
        """Have a resource deleted; return False if it was not.

        What the cloud does not let go now, is tried again.
        """
        if _is_going(row) or _goes_with_another(row, left):
            return False
        try:
            _DELETE[row.kind](actions, row)
        except NotFound:
            return True
        except ConcertimError as exc:
            run.error = f"{row.kind} {row.id}: {exc}"
            return False
        run.deleted += 1
        return True

    def _look(
        self, cloud: Region, row: ResourceRow, run: _Run
    ) -> Observation | None:
        """Record what the cloud says of a resource; return it unless that
        is gone."""
        ref = Ref(row.region, row.kind, row.id)
        sightings = cloud.look(row.kind, row.id)
        self._recorder.reconcile(sightings)
        observations = [sighting.observation for sighting in sightings]
        for observation in observations:
            if observation.ref == ref and observation.says == "alive":
                return observation
        run.gone += any(one.ref == ref for one in observations)
        return None

    def _delete_backup(
        self, cloud: Region, left: Recorded, project_id: str, run: _Run
    ) -> None:
        """Delete the backup that the cloud names as in the project. If it
        names none, those of the ledger are not there."""
        remains = cloud.actions().remains
        try:
            for remainder in remains.of(project_id):
                if remainder.kind == _UNSEEN:
                    remains.delete_backup(remainder.id)
                    run.deleted += 1
                    run.is_slow = True
                    return
            now = self._clock.now()
            refs = [Ref(row.region, row.kind, row.id) for row in left.first]
            self._recorder.reconcile(
                [absent(ref, now, "operation") for ref in refs]
            )
            run.gone += len(refs)
        except ConcertimError as exc:
            run.error = f"{_UNSEEN}: {exc}"

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
                    and remainder.kind in KINDS
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
        self, cloud: Region, project_id: str, run: _Run
    ) -> bool:
        try:
            seen = cloud.actions().identity.delete_project(project_id)
            self._recorder.reconcile([seen])
        except ConcertimError as exc:
            run.error = f"project {project_id}: {exc}"
            return False
        return True

    def _wait(
        self, one: Operation, left: Recorded | None, run: _Run
    ) -> Mapping[str, int]:
        """Note how far it is, and when it goes on; give it up in the end."""
        now = self._clock.now()
        before = one.arguments.get("left")
        counts = left.counts if left else before or {}
        moved = (
            run.gone > 0
            or before is None
            or sum(counts.values()) < sum(before.values())
        )
        moved_at = now if moved else _moment(one.arguments.get("moved_at"))
        if moved_at and now - moved_at > self._timeout:
            words = left.in_words if left else ""
            told = f"left: {words or 'the project'}"
            self._finish(
                one, "failed", f"{told}; {run.error}" if run.error else told
            )
            return {"failed": 1, "deleted": run.deleted, "gone": run.gone}
        looks = 0 if moved or run.is_slow else one.looks + 1
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
        return {"deleted": run.deleted, "gone": run.gone}

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


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
