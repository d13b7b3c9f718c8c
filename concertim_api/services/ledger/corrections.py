"""Corrections by hand: made by a person, with a reason, and kept for ever.

A correction is an observation that outranks the cloud's. History itself is
never changed: it is what all observations together mean.
"""

from __future__ import annotations

import dataclasses as dc
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from concertim_api.domain import errors
from concertim_api.domain.ledger import observations
from concertim_api.domain.ledger.kinds import Kind
from concertim_api.domain.ledger.observations import (
    Attributes,
    Observation,
    Period,
    Ref,
    Says,
)
from concertim_api.services.common.listing import Filter, Listing, Page, Scope
from concertim_api.services.common.ports import Clock
from concertim_api.services.ledger.archives import check_row
from concertim_api.services.ledger.ports import (
    HistoryReader,
    ResourceReader,
)
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.ledger.resources import Ambiguous

Action = Literal["add", "close", "rewrite"]
ACTIONS: tuple[Action, ...] = ("add", "close", "rewrite")

_SAYS: Mapping[Action, Says] = {
    "add": "set",
    "close": "void",
    "rewrite": "amend",
}

_PREFIX = "correction/"
_HAND = Filter("says", "in", tuple(sorted(observations.CORRECTIONS)))


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRequest:
    """A correction that a person asks for."""

    action: Action
    resource_id: str
    kind: str
    start: datetime
    reason: str
    region: str | None = None
    end: datetime | None = None
    project_id: str | None = None
    shape: Attributes = dc.field(default_factory=dict)
    name: str | None = None


@dc.dataclass(frozen=True, slots=True)
class Correction:
    """A correction as it is stored."""

    id: str
    action: str
    region: str
    kind: str
    resource_id: str
    name: str | None
    project_id: str | None
    start: datetime
    end: datetime | None
    shape: Attributes
    author: str | None
    reason: str | None
    reported_at: datetime

    @classmethod
    def of(cls, observation: Observation) -> Correction:
        correction_id = observation.key.removeprefix(_PREFIX)
        return cls(
            id=correction_id,
            action=correction_id.partition("-")[0],
            region=observation.ref.region,
            kind=observation.ref.kind,
            resource_id=observation.ref.id,
            name=observation.details.get("name"),
            project_id=observation.project_id,
            start=observation.at,
            end=observation.until,
            shape=observation.shape,
            author=observation.author,
            reason=observation.reason,
            reported_at=observation.reported_at,
        )


@dc.dataclass(frozen=True, slots=True)
class Corrections:
    resources: ResourceReader
    histories: HistoryReader
    recorder: Recorder
    clock: Clock
    kinds: Mapping[str, Kind]
    default_region: str

    def create(
        self, scope: Scope, author: str, request: CorrectionRequest
    ) -> Correction:
        """Record a correction. The periods show it at once.

        Raises Invalid, or Conflict where it contradicts the periods: *add*
        needs a window without periods, *rewrite* a window with some, *close*
        a period that runs at its start; Archived.
        """
        _check_fields(request)
        (correction,) = self.create_all(scope, author, [request])
        return correction

    def create_all(
        self,
        scope: Scope,
        author: str,
        requests: Sequence[CorrectionRequest],
    ) -> Sequence[Correction]:
        """Record corrections in one transaction, or none of them.

        Each is compared with the periods as they are before: the windows of
        two must not overlap. *close* may have an end here, and *rewrite* may
        change nothing but the name. Raises what ``create`` raises. 4
        statements for each, and those of ``Recorder.record``.
        """
        now = self.clock.now()
        made = [self._made(scope, author, r, now) for r in requests]
        self.recorder.record(made)
        return [Correction.of(observation) for observation in made]

    def _made(
        self,
        scope: Scope,
        author: str,
        request: CorrectionRequest,
        now: datetime,
    ) -> Observation:
        """Return the observation that a request means, if it is allowed."""
        kind = self.kinds.get(request.kind)
        if kind is None:
            raise errors.Invalid("kind", f"{request.kind} is not a known kind")
        _check_times(request, now)
        ref = self._ref(request)
        periods, owner = self._state(ref)
        _check_scope(scope, request, periods, owner)
        _check_conflict(request, periods)
        is_owned = request.project_id or owner or kind.dictionary
        if request.action == "add" and not is_owned:
            raise errors.Invalid(
                "project_id", f"needed: {request.kind} {ref.id} is not known"
            )
        return _observation(ref, request, author, now, owner)

    def list(self, scope: Scope, listing: Listing) -> Page:
        """Return corrections, by default the newest first."""
        filters = (*scope.filters(listing.filters), _HAND)
        page = self.histories.observations(
            dc.replace(listing, filters=filters)
        )
        corrections = [Correction.of(row) for row in page.rows]
        before = self.resources.archived_before()
        return Page(corrections, page.marker, archived_before=before)

    def get(self, scope: Scope, correction_id: str) -> Correction:
        """Return one correction. Raises NotFound."""
        key = Filter("key", "eq", _PREFIX + correction_id)
        page = self.list(scope, Listing((key,), limit=1))
        if not page.rows:
            text = f"Correction {correction_id} not found."
            if before := page.archived_before:
                text += f" What ended before {before:%Y-%m-%d} is archived."
            raise errors.NotFound(text)
        correction: Correction = page.rows[0]
        return correction

    def _ref(self, request: CorrectionRequest) -> Ref:
        """Return the resource; its id may say the region."""
        if request.region is not None:
            return Ref(request.region, request.kind, request.resource_id)
        regions = [
            row.region
            for row in self.resources.find(request.resource_id)
            if row.kind == request.kind
        ]
        if len(regions) > 1:
            raise Ambiguous(
                f"{request.kind} {request.resource_id} is in the regions "
                f"{', '.join(sorted(regions))}; say which by region."
            )
        region = regions[0] if regions else self.default_region
        return Ref(region, request.kind, request.resource_id)

    def _state(self, ref: Ref) -> tuple[Sequence[Period], str | None]:
        """Return the periods and the project of a resource; of an unknown one,
        none. Raises Archived."""
        try:
            row, periods, _observations = self.histories.history(ref)
        except errors.NotFound:
            return (), None
        check_row(row)
        return periods, row.project_id


def _check_times(request: CorrectionRequest, now: datetime) -> None:
    for field, moment in (("start", request.start), ("end", request.end)):
        if moment is not None and moment > now:
            raise errors.Invalid(field, "must not be in the future")
    if request.end is not None and request.end <= request.start:
        raise errors.Invalid("end", "must be after start")
    if request.end is None and request.start >= now.replace(microsecond=0):
        raise errors.Invalid("start", "must be in the past")


def _check_fields(request: CorrectionRequest) -> None:
    if not request.reason.strip():
        raise errors.Invalid("reason", "must say something")
    if request.action == "close":
        for field in ("end", "shape", "project_id", "name"):
            if getattr(request, field):
                raise errors.Invalid(field, "not with the action close")
    if request.action == "rewrite" and not (
        request.shape or request.project_id
    ):
        raise errors.Invalid(
            "shape", "needed, or project_id: there is nothing to rewrite"
        )


def _check_scope(
    scope: Scope,
    request: CorrectionRequest,
    periods: Sequence[Period],
    owner: str | None,
) -> None:
    """Raise an error if the correction is about another project's time."""
    owners = {p.project_id for p in periods if _overlaps(p, request)}
    if owner is not None:
        owners.add(owner)
    if not all(scope.holds(project_id) for project_id in owners):
        raise errors.NotFound(f"Resource {request.resource_id} not found.")
    if request.project_id and not scope.holds(request.project_id):
        raise errors.Invalid("project_id", "must be your own project")


def _check_conflict(
    request: CorrectionRequest, periods: Sequence[Period]
) -> None:
    resource = f"{request.kind} {request.resource_id}"
    overlapping = [period for period in periods if _overlaps(period, request)]
    if request.action == "add" and overlapping:
        raise errors.Conflict(
            f"{resource} has a period from {_text(overlapping[0].start)} to "
            f"{_text(overlapping[0].end)}: rewrite or close it instead."
        )
    if request.action == "rewrite" and not overlapping:
        raise errors.Conflict(
            f"{resource} has no period then: add one instead."
        )
    if (
        request.action == "rewrite"
        and request.end is None
        and overlapping[-1].end
    ):
        raise errors.Conflict(
            f"{resource} ended at {_text(overlapping[-1].end)}: give the "
            "rewriting an end, too."
        )
    if request.action == "close" and not observations.period_at(
        periods, request.start
    ):
        raise errors.Conflict(
            f"{resource} does not run at {_text(request.start)}."
        )


def _overlaps(period: Period, request: CorrectionRequest) -> bool:
    return (request.end is None or period.start < request.end) and (
        period.end is None or request.start < period.end
    )


def _text(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else "now"


def _observation(
    ref: Ref,
    request: CorrectionRequest,
    author: str,
    now: datetime,
    owner: str | None,
) -> Observation:
    details: dict[str, Any] = {"name": request.name} if request.name else {}
    default_owner = owner if request.action == "add" else None
    return Observation(
        ref=ref,
        at=request.start,
        reported_at=now,
        received_at=now,
        key=f"{_PREFIX}{request.action}-{uuid.uuid4()}",
        says=_SAYS[request.action],
        project_id=request.project_id or default_owner,
        shape=request.shape,
        details=details,
        until=request.end,
        source="correction",
        author=author,
        reason=request.reason,
    )
