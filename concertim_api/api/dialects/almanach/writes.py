"""What every route that writes needs: writes are corrections.

Each is an observation with an author and a reason, seen in ``/v1``. History
is never changed.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from concertim_api.api.dialects.almanach.callers import Callers
from concertim_api.api.dialects.almanach.documents import Missing, Request
from concertim_api.api.dialects.almanach.entities import Entity
from concertim_api.api.dialects.almanach.reads import Reader
from concertim_api.api.dialects.dialect import ROUTE
from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.observations import TOLERANCE
from concertim_api.services.common.listing import (
    EVERY_PROJECT,
    Filter,
    Listing,
)
from concertim_api.services.common.ports import Clock
from concertim_api.services.ledger.corrections import (
    Action,
    CorrectionRequest,
    Corrections,
)
from concertim_api.services.ledger.resources import Resources


@dc.dataclass(frozen=True, slots=True)
class Writer:
    """Corrects the ledger in the name of a caller."""

    corrections: Corrections
    resources: Resources
    reader: Reader
    callers: Callers
    clock: Clock

    def record(
        self,
        request: Request,
        kind: str,
        resource_id: str,
        *parts: Mapping[str, Any],
    ) -> None:
        """Record corrections of a resource in one transaction.

        ``parts``: the fields of each, beside what all have.
        """
        scope, author = self.callers.writing(request)
        common: dict[str, Any] = {
            "kind": kind,
            "resource_id": resource_id,
            "reason": f"Almanach: {request.environ[ROUTE]}",
        }
        requests = [CorrectionRequest(**common, **part) for part in parts]
        self.corrections.create_all(scope, author, requests)

    def running(
        self, request: Request, kind: str, resource_id: str, text: str
    ) -> Entity:
        """Return the entity that runs. Raises Missing with a text."""
        for entity in self.of(request, kind, resource_id):
            if entity.end is None:
                return entity
        raise Missing(text)

    def of(
        self, request: Request, kind: str, resource_id: str
    ) -> list[Entity]:
        """Return all entities of a resource, the oldest first."""
        scope, _ = self.callers.writing(request)
        values = {"kind": kind, "resource_id": resource_id}
        return [*self.reader.entities(scope, values)]

    def past(self, date: datetime) -> datetime:
        """Return a date in whole seconds, which is past.

        Clients date what happens now: that is the last second that is over.
        Raises Invalid for a date that is no mistake of a clock.
        """
        now = self.clock.now().astimezone(UTC)
        if date > now + TOLERANCE:
            raise Invalid("date", "must not be in the future")
        last = now.replace(microsecond=0) - timedelta(seconds=1)
        return min(date.replace(microsecond=0), last)

    def types(self, *conditions: Filter) -> Sequence[Any]:
        """Return the volume types that exist, by their ids. 1 statement."""
        filters = (
            Filter("kind", "eq", "volume_type"),
            Filter("running", "eq", True),
            *conditions,
        )
        listing = Listing(filters, limit=10_000)
        return self.resources.list(EVERY_PROJECT, listing).rows


def part(
    action: Action,
    start: datetime,
    end: datetime | None = None,
    **fields: Any,
) -> Mapping[str, Any]:
    """Return the fields of a correction."""
    return {"action": action, "start": start, "end": end, **fields}
