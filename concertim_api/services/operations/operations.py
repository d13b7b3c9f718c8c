"""Operations: written down, done, and looked after until they are finished.

The one way from us into a cloud. The intent is stored before the cloud is
asked, and what it answered after: whatever breaks in between, somebody can
see what was wanted, and by whom.
"""

from __future__ import annotations

import contextlib
import dataclasses as dc
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from concertim_api.domain.errors import (
    ConcertimError,
    Conflict,
    Invalid,
    NotConfigured,
    NotFound,
    Unavailable,
    in_full,
)
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.operations import (
    JUDGES,
    Operation,
    Seen,
    State,
    heads_for,
    seen_in,
)
from concertim_api.services.cloud.acting import Caller, Operator
from concertim_api.services.cloud.reading import NotListed
from concertim_api.services.cloud.region import Region
from concertim_api.services.common.listing import Filter, Found, Listing, Scope
from concertim_api.services.common.ports import Clock
from concertim_api.services.ledger.ports import ResourceRow
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.operations.ports import OperationLog
from concertim_api.services.view.ports import ViewRow

T = TypeVar("T")

LOG = logging.getLogger(__name__)

#: When a resource is first asked for, after the cloud took an operation.
#: Events are mostly sooner.
FIRST_LOOK = timedelta(seconds=2)

#: How long an operation may wait for the cloud's first answer.
_PATIENCE = timedelta(minutes=5)


class Target(NamedTuple):
    """What is to be acted on, whether the view shows it or not."""

    region: str
    kind: str
    id: str
    name: str | None
    project_id: str | None

    @classmethod
    def of(cls, row: ViewRow | ResourceRow) -> Target:
        """Return what a row is of."""
        return cls(row.region, row.kind, row.id, row.name, row.project_id)

    @property
    def ref(self) -> Ref:
        return Ref(*self[:3])


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is to be done to which resource. ``arguments``: no secrets."""

    noun: str
    action: str
    kind: str
    region: str
    resource_id: str | None = None
    name: str | None = None
    project_id: str | None = None
    arguments: Mapping[str, Any] = dc.field(default_factory=dict)

    @classmethod
    def on(
        cls,
        target: Target,
        noun: str,
        action: str,
        arguments: Mapping[str, Any] | None = None,
    ) -> Intent:
        """Return what is to be done to something that is there."""
        return cls(
            noun=noun,
            action=action,
            kind=target.kind,
            region=target.region,
            resource_id=target.id,
            name=target.name,
            project_id=target.project_id,
            arguments=arguments or {},
        )


@dc.dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """What the cloud answered: a result for the caller, and what was seen.

    ``resource_id``: of what was created. ``project_id`` likewise. ``state``:
    how the operation stands, if that is not as ever.
    """

    result: T
    sightings: Sequence[Sighting] = ()
    resource_id: str | None = None
    project_id: str | None = None
    state: State | None = None


class Operations:
    def __init__(
        self,
        log: OperationLog,
        recorder: Recorder,
        clouds: Mapping[str, Region],
        clock: Clock,
    ) -> None:
        self._log = log
        self._recorder = recorder
        self._clouds = clouds
        self._clock = clock

    def list(self, scope: Scope, listing: Listing) -> Found:
        """Return a page of operations, the newest first. 1 statement."""
        return Found.of(self._log.page(scope.listing(listing)))

    def get(self, scope: Scope, operation_id: str) -> Operation:
        """Return an operation. 1 statement. Raises NotFound."""
        return self._log.one(operation_id, scope.filters())

    def region(self, asked: str | None) -> str:
        """Return the region to act in. Raises Invalid, NotConfigured."""
        if asked is None and len(self._clouds) == 1:
            return next(iter(self._clouds))
        if asked in self._clouds:
            return str(asked)
        known = ", ".join(sorted(self._clouds))
        if not known:
            raise NotConfigured("No cloud is configured: see [cloud].")
        raise Invalid("region", f"one of {known}")

    def operator(self, caller: Caller, region: str) -> Operator:
        """Return who acts in a region for a caller. For questions; what
        changes something goes through ``run``. Raises NotConfigured."""
        return self._cloud(region).operator(caller.credentials)

    def _cloud(self, region: str) -> Region:
        cloud = self._clouds.get(region)
        if cloud is None:
            raise NotConfigured(f"Region {region} is not in [cloud].")
        return cloud

    def look(self, ref: Ref) -> tuple[Seen | None, Sequence[Sighting]]:
        """Return what the cloud says of a resource now, and the sightings
        of that. The requests of ``Cloud.look``. Raises Unavailable,
        NotConfigured."""
        try:
            sightings = self._cloud(ref.region).look(ref.kind, ref.id)
        except NotListed as exc:
            raise Unavailable(str(exc)) from None
        return seen_in(sightings, ref), sightings

    def run(
        self,
        caller: Caller,
        intent: Intent,
        work: Callable[[Operator], Done[T]],
    ) -> tuple[Operation, T]:
        """Do something; return how it stands, and what ``work`` returned.

        If the cloud finishes it later, the operation is *accepted*, and an
        agent looks after it. If the cloud says that this is no time for it,
        it is asked why, once: what is so already, or on its way, is well.
        So whoever got no answer may ask again.

        2 statements, and those of ``Recorder.reconcile`` for what was seen.
        Raises what ``work`` does; that is written down, too.
        """
        operator = self.operator(caller, intent.region)
        operation = self._begun(caller, intent)
        self._log.add(operation)
        try:
            try:
                done = work(operator)
            except (Conflict, Invalid) as exc:
                done = self._anyway(operation, exc)
        except Exception as exc:
            self._log.save(self._failed(operation, exc))
            raise
        operation = self._answered(operation, done)
        self._log.save(operation)
        LOG.info(
            "%s %s of %s by %s is %s",
            operation.noun,
            operation.action,
            operation.resource_id or operation.name,
            operation.user_id,
            operation.state,
        )
        self._record(done.sightings)
        return operation, done.result

    def _anyway(self, operation: Operation, exc: ConcertimError) -> Done[Any]:
        """Return what the cloud shows, if what was wanted comes to be
        though it refused; raise the refusal if not."""
        if not _is_judged(operation) or operation.ref is None:
            raise exc
        try:
            seen, sightings = self.look(operation.ref)
        except Unavailable:
            raise exc from None
        state = heads_for(operation, seen)
        if state is None:
            self._record(sightings)
            raise exc
        LOG.info(
            "%s %s of %s is %s by another: %s",
            operation.noun,
            operation.action,
            operation.resource_id,
            state,
            exc,
        )
        return Done(None, sightings, state=state)

    def _begun(self, caller: Caller, intent: Intent) -> Operation:
        now = self._clock.now()
        return Operation(
            id=str(uuid.uuid4()),
            noun=intent.noun,
            action=intent.action,
            region=intent.region,
            kind=intent.kind,
            resource_id=intent.resource_id,
            name=intent.name,
            project_id=intent.project_id,
            user_id=caller.user_id or caller.user_name,
            request_id=caller.request_id,
            arguments=intent.arguments,
            asked_at=now,
            # Should we die before we hear of it, an agent finds out.
            look_at=now + _PATIENCE,
        )

    def _failed(self, operation: Operation, exc: Exception) -> Operation:
        now = self._clock.now()
        LOG.warning(
            "%s %s of %s by %s failed: %s",
            operation.noun,
            operation.action,
            operation.resource_id or operation.name,
            operation.user_id,
            in_full(exc),
        )
        told = str(exc) if isinstance(exc, ConcertimError) else "see the log"
        if isinstance(exc, Unavailable) and _is_judged(operation):
            # It may have been taken: what is seen decides.
            return dc.replace(operation, error=told, look_at=now + FIRST_LOOK)
        state: State = "unsure" if isinstance(exc, Unavailable) else "failed"
        return dc.replace(
            operation,
            state=state,
            error=told,
            finished_at=now,
            look_at=None,
        )

    def _answered(self, operation: Operation, done: Done[Any]) -> Operation:
        now = self._clock.now()
        usual: State = "accepted" if _is_judged(operation) else "done"
        state = done.state or usual
        later = state == "accepted"
        return dc.replace(
            operation,
            resource_id=done.resource_id or operation.resource_id,
            project_id=done.project_id or operation.project_id,
            state=state,
            answered_at=now,
            finished_at=None if later else now,
            look_at=now + FIRST_LOOK if later else None,
        )

    def _record(self, seen: Sequence[Sighting]) -> None:
        """Our own call is a source, too. What it could not be recorded of,
        an event or the next sync tells."""
        try:
            self._recorder.reconcile(seen)
        except (Unavailable, Invalid) as exc:
            LOG.warning("What an operation showed is not recorded: %s", exc)


def _is_judged(operation: Operation) -> bool:
    return (operation.noun, operation.action) in JUDGES


def of_resource(region: str | None) -> tuple[Filter, ...]:
    """Return the condition for a region, if one is given."""
    return () if region is None else (Filter("region", "eq", region),)


def gone_already(work: Callable[[], object]) -> None:
    """Delete something; that it is not there is what was wanted."""
    with contextlib.suppress(NotFound):
        work()
