"""A step of a purge: what comes next in a project is deleted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence

from concertim_api.domain.errors import (
    ConcertimError,
    NotConfigured,
    NotFound,
    Unasked,
    Unavailable,
    reason,
)
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.domain.ledger.sightings import (
    Sighting,
    absence,
    key_of,
)
from concertim_api.services.accounts.remains import (
    KINDS,
    LedgerRemains,
    Remains,
    in_words,
    parent_of,
)
from concertim_api.services.cloud.acting import CloudActions, Remainder
from concertim_api.services.cloud.reading import NotListed
from concertim_api.services.cloud.region import Region
from concertim_api.services.common.ports import Clock
from concertim_api.services.ledger.ports import ResourceRow
from concertim_api.services.ledger.recorder import Recorder

#: Resources that are deleted in one step.
_DELETED = 10

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


class PurgeStep:
    """What one run does for one purge.

    ``deleted`` resources were asked to go, ``gone`` ones are gone.
    ``error``: why it did not get on. ``is_slow``: one of several was
    deleted, and a look can't show that it is gone: the next run comes soon.
    """

    def __init__(
        self,
        project: Ref,
        ledger: LedgerRemains,
        remains: Remains,
        clouds: Mapping[str, Region],
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._project = project
        self.remains = ledger
        self._cloud_remains = remains
        self._clouds = clouds
        self._recorder = recorder
        self._clock = clock
        self.deleted = self.gone = 0
        self.error: str | None = None
        self.is_slow = False

    @property
    def counts(self) -> Mapping[str, int]:
        return {"deleted": self.deleted, "gone": self.gone}

    @property
    def problem(self) -> str:
        """What is left, and the error."""
        text = f"left: {self.remains.in_words or 'the project'}"
        return f"{text}; {self.error}" if self.error else text

    @property
    def _cloud(self) -> Region:
        region = self._project.region
        if region not in self._clouds:
            raise NotConfigured(f"region {region} is not in [cloud]")
        return self._clouds[region]

    def run(self) -> bool:
        """Delete what comes next; return whether that was the project.

        Raises Unavailable only: any other error is of this purge, also that
        the cloud can't be asked what it has.
        """
        try:
            return self._delete_next()
        except Unavailable as exc:
            if not isinstance(exc, Unasked):
                raise
            self.error = str(exc)
        except (ConcertimError, NotListed) as exc:
            self.error = str(exc)
        except Exception as exc:  # our own error must not stop the rest
            self.error = reason(exc)
        return False

    def _delete_next(self) -> bool:
        if self.remains.rows and self.remains.first[0].kind == _UNSEEN:
            self._delete_backup()
        elif self.remains.rows:
            self._delete_some()
        elif self._is_empty():
            return self._delete_project()
        return False

    def _delete_some(self) -> None:
        """Delete the first resources, the longest unchanged first: so one
        that can't be deleted does not stop others."""
        actions = self._cloud.actions()
        oldest_first = sorted(
            self.remains.first, key=lambda row: row.updated_at
        )
        for row in oldest_first[:_DELETED]:
            try:
                if self._is_there(row) and self._delete(actions, row):
                    self._look(row)
            except (ConcertimError, NotListed) as exc:
                self.error = f"{row.kind} {row.id}: {exc}"

    def _is_there(self, row: ResourceRow) -> bool:
        """Whether the cloud shows the resource in the project."""
        observation = self._look(row)
        if observation is None:
            return False
        is_there = observation.project_id == row.project_id
        if not is_there:
            self.error = (
                f"{row.kind} {row.id}: the cloud does not say that it is in "
                f"project {row.project_id}"
            )
        return is_there

    def _delete(self, actions: CloudActions, row: ResourceRow) -> bool:
        """Delete a resource, unless it goes already."""
        if _is_going(row) or self._goes_with_another(row):
            return False
        with contextlib.suppress(NotFound):
            _DELETE[row.kind](actions, row)
            self.deleted += 1
        return True

    def _goes_with_another(self, row: ResourceRow) -> bool:
        """Whether it is a stack that is deleted with its parent."""
        parent = parent_of(row)
        return parent is not None and any(
            other.kind == "stack" and other.id == parent
            for other in self.remains.rows
        )

    def _look(self, row: ResourceRow) -> Observation | None:
        """Record what the cloud shows of a resource; return its observation.
        None: the resource is gone."""
        ref = Ref(row.region, row.kind, row.id)
        sightings = self._cloud.look(row.kind, row.id)
        self._recorder.reconcile(sightings)
        observations = [sighting.observation for sighting in sightings]
        for observation in observations:
            if observation.ref == ref and observation.says == "alive":
                return observation
        self.gone += any(o.ref == ref for o in observations)
        return None

    def _delete_backup(self) -> None:
        """Delete the backup that the cloud shows in the project. If it
        shows none, those of the ledger are gone."""
        actions = self._cloud.actions().remains
        try:
            for remainder in actions.of(self._project.id):
                if remainder.kind == _UNSEEN:
                    actions.delete_backup(remainder.id)
                    self.deleted += 1
                    self.is_slow = True
                    return
            now, rows = self._clock.now(), self.remains.first
            refs = [Ref(row.region, row.kind, row.id) for row in rows]
            self._recorder.reconcile(
                [absence(ref, now, "operation") for ref in refs]
            )
            self.gone += len(refs)
        except ConcertimError as exc:
            self.error = f"{_UNSEEN}: {exc}"

    def _is_empty(self) -> bool:
        """Whether the cloud has nothing. What it has in this region is
        recorded: the next run deletes it."""
        cloud = self._cloud
        remainders = self._cloud_remains.of(self._project.id)
        if remainders:
            self.error = f"there are {in_words(remainders)}"
        for remainder in remainders:
            if remainder.region == cloud.region and remainder.kind in KINDS:
                self._recorder.reconcile(self._sightings(cloud, remainder))
        return not remainders

    def _sightings(
        self, cloud: Region, remainder: Remainder
    ) -> Sequence[Sighting]:
        if remainder.kind != _UNSEEN:
            return cloud.look(remainder.kind, remainder.id)
        now = self._clock.now()
        ref = Ref(remainder.region, remainder.kind, remainder.id)
        observation = Observation(
            ref=ref,
            at=now.replace(microsecond=0),
            reported_at=now,
            received_at=now,
            key=key_of("operation", ref, now),
            says="alive",
            source="operation",
            project_id=self._project.id,
            details={"name": remainder.name} if remainder.name else {},
        )
        return [Sighting(observation)]

    def _delete_project(self) -> bool:
        identity, project_id = self._cloud.actions().identity, self._project.id
        try:
            self._recorder.reconcile([identity.delete_project(project_id)])
        except ConcertimError as exc:
            self.error = f"project {project_id}: {exc}"
            return False
        return True


def _is_going(row: ResourceRow) -> bool:
    """Whether the cloud is deleting it, by the ledger."""
    return (row.state or "").lower() in (
        "delete_in_progress",
        "delete_started",
        "deleting",
    )
