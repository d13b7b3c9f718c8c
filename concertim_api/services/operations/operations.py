"""Operations: stored, done, and followed until they are finished.

This is our only way to change something in a cloud. The intent is stored
before the request, and the answer after it. So whatever breaks in between, it
can be seen what was to be done, and for whom.
"""

from __future__ import annotations

import contextlib
import dataclasses as dc
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
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
    Evidence,
    Operation,
    OperationState,
    evidence_of,
    state_despite_refusal,
)
from concertim_api.services.cloud.acting import Caller, CloudActions
from concertim_api.services.cloud.reading import NotListed
from concertim_api.services.cloud.region import Region
from concertim_api.services.common.listing import Listing, Page, Scope
from concertim_api.services.common.ports import Clock
from concertim_api.services.ledger.ports import ResourceRow
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.operations.ports import OperationLog
from concertim_api.services.view.ports import ViewRow

T = TypeVar("T")

LOG = logging.getLogger(__name__)

#: When the first look is taken, after the cloud accepted an operation. Events
#: are mostly sooner.
FIRST_LOOK = timedelta(seconds=2)

#: How long an operation may wait for the cloud's first answer.
_PATIENCE = timedelta(minutes=5)


#: How the log says a state.
_STATES = {
    "accepted": "was accepted",
    "done": "was done",
    "failed": "failed",
    "unsure": "is unsure",
}


class Target(NamedTuple):
    """The resource that an action is for. ``id`` "": it is to be created."""

    region: str
    kind: str
    id: str
    name: str | None
    project_id: str | None = None

    @classmethod
    def of(cls, row: ViewRow | ResourceRow) -> Target:
        """Return what a row is of."""
        return cls(row.region, row.kind, row.id, row.name, row.project_id)

    @property
    def ref(self) -> Ref:
        return Ref(*self[:3])


class Intent(NamedTuple):
    """What is to be done to which resource. ``arguments``: no secrets."""

    target: Target
    noun: str
    action: str
    arguments: Mapping[str, Any] = {}


@dc.dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What the cloud answered: a result for the caller, and sightings.

    ``resource_id`` and ``project_id`` are those of what was created.
    ``state``: that of the operation, if it is not the usual one.
    """

    result: T
    sightings: Sequence[Sighting] = ()
    resource_id: str | None = None
    project_id: str | None = None
    state: OperationState | None = None


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

    def list(self, scope: Scope, listing: Listing) -> Page:
        """Return a page of operations, the newest first. 1 statement."""
        return self._log.page(scope.listing(listing))

    def get(self, scope: Scope, operation_id: str) -> Operation:
        """Return an operation. 1 statement. Raises NotFound."""
        return self._log.get(operation_id, scope.filters())

    def is_unchanged(self, user_id: str, since: datetime) -> bool:
        """Whether nobody changed a user through us since a moment, in any
        process, nor does so now. 1 statement."""
        return self._log.is_unchanged(user_id, since)

    def region(self, name: str | None) -> str:
        """Return the region to act in. Raises Invalid, NotConfigured."""
        if name is None and len(self._clouds) == 1:
            return next(iter(self._clouds))
        if name in self._clouds:
            return str(name)
        names = ", ".join(sorted(self._clouds))
        if not names:
            raise NotConfigured("No cloud is configured: see [cloud].")
        raise Invalid("region", f"one of {names}")

    def actions(self, caller: Caller, region: str) -> CloudActions:
        """Return the actions of a caller in a region, for requests that
        change nothing. All others go through ``run``. Raises
        NotConfigured."""
        return self._cloud(region).actions(caller.credentials)

    def _cloud(self, region: str) -> Region:
        cloud = self._clouds.get(region)
        if cloud is None:
            raise NotConfigured(f"Region {region} is not in [cloud].")
        return cloud

    def look(self, ref: Ref) -> tuple[Evidence | None, Sequence[Sighting]]:
        """Return what the cloud shows of a resource now.

        The requests of ``Cloud.look``. Raises Unavailable, NotConfigured.
        """
        try:
            sightings = self._cloud(ref.region).look(ref.kind, ref.id)
        except NotListed as exc:
            raise Unavailable(str(exc)) from None
        return evidence_of(sightings, ref), sightings

    def run(
        self,
        caller: Caller,
        intent: Intent,
        work: Callable[[CloudActions], Answer[T]],
    ) -> tuple[Operation, T]:
        """Do something; return the operation, and the result of ``work``.

        If the cloud finishes it later, the operation is *accepted*, and an
        agent follows it. If the cloud refuses it, a look is taken once: what
        is so already, or under way, is no failure. So a caller who got no
        answer may ask again.

        Of two operations that change the same subject at the same time, the
        second is refused: Conflict says what came first.

        2 statements, and those of ``Recorder.reconcile`` for the sightings;
        5 for one that is refused. Raises what ``work`` raises; the error is
        stored, too.
        """
        actions = self.actions(caller, intent.target.region)
        operation = self._started(caller, intent)
        self._claim(operation)
        try:
            try:
                answer = work(actions)
            except (Conflict, Invalid) as exc:
                answer = self._despite(operation, exc)
        except Exception as exc:
            self._log.save(self._failed(operation, exc))
            raise
        operation = self._answered(operation, answer)
        self._log.save(operation)
        log_state(operation)
        self._record(answer.sightings)
        return operation, answer.result

    def _claim(self, operation: Operation) -> None:
        """Store an operation. Raises Conflict if another one came first."""
        first = self._log.add(operation)
        if first is None:
            return
        exc = Conflict(
            f"{first.in_words} came first, at {first.asked_at:%H:%M:%S} UTC, "
            "and the cloud has not answered yet: nothing was done. Ask again "
            "if you still want this."
        )
        self._log.add(self._failed(operation, exc))
        raise exc

    def _despite(
        self, operation: Operation, exc: ConcertimError
    ) -> Answer[Any]:
        """Return what the cloud shows, if a refused operation comes to its
        end all the same; else raise the refusal."""
        if operation.course is None or operation.ref is None:
            raise exc
        try:
            evidence, sightings = self.look(operation.ref)
        except Unavailable:
            raise exc from None
        state = state_despite_refusal(operation, evidence)
        if state is None:
            self._record(sightings)
            raise exc
        LOG.info(
            "The cloud refused the %s, which was %s before: %s",
            operation.in_words,
            state,
            exc,
        )
        return Answer(None, sightings, state=state)

    def _started(self, caller: Caller, intent: Intent) -> Operation:
        now = self._clock.now()
        return Operation(
            id=str(uuid.uuid4()),
            noun=intent.noun,
            action=intent.action,
            region=intent.target.region,
            kind=intent.target.kind,
            resource_id=intent.target.id or None,
            name=intent.target.name,
            project_id=intent.target.project_id,
            user_id=caller.user_id or caller.user_name,
            request_id=caller.request_id,
            arguments=intent.arguments,
            asked_at=now,
            # If this process dies before the answer, an agent follows it.
            look_at=now + _PATIENCE,
        )

    def _failed(self, operation: Operation, exc: Exception) -> Operation:
        now = self._clock.now()
        LOG.warning(
            "%s by %s failed: %s",
            operation.in_words,
            operation.user_id,
            in_full(exc),
        )
        error = str(exc) if isinstance(exc, ConcertimError) else "see the log"
        is_unsure = isinstance(exc, Unavailable)
        if is_unsure and operation.course is not None:
            # It may have arrived: the evidence decides.
            return dc.replace(operation, error=error, look_at=now + FIRST_LOOK)
        return operation.finished(
            "unsure" if is_unsure else "failed", error, now
        )

    def _answered(
        self, operation: Operation, answer: Answer[Any]
    ) -> Operation:
        now = self._clock.now()
        state = answer.state or ("accepted" if operation.course else "done")
        is_open = state == "accepted"
        return dc.replace(
            operation,
            resource_id=answer.resource_id or operation.resource_id,
            project_id=answer.project_id or operation.project_id,
            state=state,
            answered_at=now,
            finished_at=None if is_open else now,
            look_at=now + FIRST_LOOK if is_open else None,
        )

    def _record(self, sightings: Sequence[Sighting]) -> None:
        """Record sightings: our own request is a source, too. If that fails,
        an event or the next sync tells the same."""
        try:
            self._recorder.reconcile(sightings)
        except (Unavailable, Invalid) as exc:
            LOG.warning("What an operation showed is not recorded: %s", exc)


def log_state(operation: Operation) -> None:
    """Log which state an operation has come to, and by whose request."""
    is_bad = operation.state in ("failed", "unsure")
    LOG.log(
        logging.WARNING if is_bad else logging.INFO,
        "%s by %s %s%s",
        operation.in_words,
        operation.user_id,
        _STATES[operation.state],
        f": {operation.error}" if operation.error else "",
    )


def gone_already(work: Callable[[], object]) -> None:
    """Delete something; that it is not there is no error."""
    with contextlib.suppress(NotFound):
        work()
