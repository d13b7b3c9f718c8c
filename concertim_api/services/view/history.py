"""The history of a rack, and of all devices that ever were in it."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from concertim_api.domain.attributes import count, type_of
from concertim_api.domain.errors import NotFound
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import statuses
from concertim_api.domain.view.devices import TYPES
from concertim_api.domain.view.model import Fact
from concertim_api.domain.view.moments import ResourceRecord
from concertim_api.services.common.listing import Listing, Page, Scope
from concertim_api.services.ledger.ports import HistoryReader, ResourceReader
from concertim_api.services.view import past_rows
from concertim_api.services.view.lists import only
from concertim_api.services.view.parts import listed
from concertim_api.services.view.past import records_of
from concertim_api.services.view.racks import Racks


class Event(NamedTuple):
    """Something that happened: a value before, and after."""

    at: datetime
    kind: str
    id: str
    name: str
    change: str
    from_: str | None
    to: str | None


_FIRST = datetime.min.replace(tzinfo=UTC)


def just_before(moment: datetime) -> datetime:
    """Return the second before a moment; of the first moment, itself."""
    second = timedelta(seconds=1)
    return moment - second if moment - _FIRST >= second else _FIRST


@dc.dataclass(frozen=True, slots=True)
class RackHistory:
    """A rack and its events, the oldest first.

    ``archived_before``: events of what ended before that may lack.
    """

    rack: Page
    rows: Sequence[Event]
    marker: tuple[Any, ...] | None
    archived_before: datetime | None


def _status(fact: Fact) -> str:
    if fact.ref.kind in TYPES:
        return TYPES[fact.ref.kind].status(fact)
    return statuses.stack_status(fact.state)


def _size(fact: Fact) -> str | None:
    if fact.ref.kind == "volume":
        size_gb = count(fact.shape.get("size_gb"))
        return None if size_gb is None else f"{size_gb} GB"
    return type_of(fact.shape)


#: The values that may change while a resource exists.
_CHANGES: Mapping[str, Callable[[Fact], str | None]] = {
    "moved to project": lambda fact: fact.project_id,
    "renamed": lambda fact: fact.label or None,
    "resized": _size,
    "status": _status,
}

#: All kinds of events.
CHANGES = ("added", *_CHANGES, "removed")


@dc.dataclass(frozen=True, slots=True)
class RackHistories:
    resources: ResourceReader
    histories: HistoryReader
    racks: Racks

    def get(
        self,
        scope: Scope,
        rack_id: str,
        listing: Listing,
        region: str | None = None,
    ) -> RackHistory:
        """Return a rack, as it is or as it last was, and a page of events.

        At most 7 statements; for a rack that is gone, also those of
        ``Past.rack``. Rows: the periods and observations of the stack and of
        all devices that it ever had. Raises NotFound, Ambiguous; Archived if
        the rack is.
        """
        rack = self._rack(scope, rack_id, region)
        row = rack.rows[0]
        ref = Ref(row.region, row.kind, row.id)
        records = records_of(self.histories, [ref])
        records |= records_of(self.histories, _members(records[ref]))
        events = [
            event for r in records.values() for event in _events(r, scope)
        ]
        page = past_rows.page(events, listing, ("kind", "id", "change"))
        before = self.resources.archived_before()
        return RackHistory(rack, page.rows, page.marker, before)

    def _rack(self, scope: Scope, rack_id: str, region: str | None) -> Page:
        try:
            return self.racks.get(scope, rack_id, region)
        except NotFound:
            gone = [
                row
                for row in self.resources.find(rack_id)
                if row.kind == "stack"
                and row.end is not None
                and scope.holds(row.project_id)
                and region in (None, row.region)
            ]
            last = only("rack", rack_id, gone)
        moment = just_before(last.end)
        return self.racks.get(scope, rack_id, last.region, moment)


def _members(stack: ResourceRecord) -> list[Ref]:
    """Return all devices that a stack ever had."""
    refs = {
        ref: None
        for word in stack.observations
        for ref in listed(Fact(ref=stack.ref, details=word.details))
        if ref.kind in TYPES
    }
    return list(refs)


def _events(record: ResourceRecord, scope: Scope) -> Iterator[Event]:
    """Yield the events of a resource, while it was within the scope."""
    before: Fact | None = None
    for at, fact in record.changes():
        now = fact if fact and scope.holds(fact.project_id) else None
        for change, old, new in _between(before, now):
            fact = now or before
            name = fact.label if fact else ""
            yield Event(
                at, *record.ref[1:], name or record.ref.id, change, old, new
            )
        before = now


def _between(
    before: Fact | None, now: Fact | None
) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield how two facts of one resource differ."""
    if before is None or now is None:
        if now is not None:
            yield "added", None, _status(now)
        if before is not None:
            yield "removed", _status(before), None
        return
    for change, aspect in _CHANGES.items():
        old, new = aspect(before), aspect(now)
        if old != new:
            yield change, old, new
