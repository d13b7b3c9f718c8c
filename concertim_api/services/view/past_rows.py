"""Rows of the view of a past moment: filtered, sorted and paged here, as the
database does with those of now."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from concertim_api.domain.errors import Invalid
from concertim_api.domain.view.model import Device, Rack
from concertim_api.services.common.listing import Filter, Json, Listing, Page
from concertim_api.services.view.past import PastRack
from concertim_api.services.view.rows import to_row


class PastRow(NamedTuple):
    """A ViewRow of a moment; ``updated_at``: that of its newest observation
    of that time."""

    noun: str
    region: str
    kind: str
    id: str
    project_id: str | None
    name: str
    body: Json
    status: str | None
    type: str | None
    rack_id: str | None
    height_u: int | None
    start_u: int | None
    updated_at: datetime | None


def rack_row(past: PastRack) -> PastRow:
    """Return the row of a rack."""
    return _row(past.shown.rack, past)


def device_rows(past: PastRack) -> list[PastRow]:
    """Return the rows of the devices of a rack, from the bottom up."""
    return [_row(device, past) for device in past.shown.devices]


def _row(thing: Rack | Device, past: PastRack) -> PastRow:
    return PastRow(*to_row(thing), past.updated_at.get(thing.ref))


_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "in": lambda value, values: value in values,
    "nin": lambda value, values: value not in values,
}


def meeting(rows: Iterable[Any], filters: Sequence[Filter]) -> list[Any]:
    """Return the rows that meet conditions on texts."""
    return [
        row
        for row in rows
        if all(
            _TESTS[f.operator](getattr(row, f.field), f.value) for f in filters
        )
    ]


def page(rows: Iterable[Any], listing: Listing, unique: Sequence[str]) -> Page:
    """Return one page of all rows. No two rows have the same values of the
    ``unique`` fields."""
    sort = dict(listing.sort)
    down = next(iter(sort.values()), False)
    sort |= {field: down for field in unique if field not in sort}
    chosen = list(rows)
    for field, falling in reversed(sort.items()):
        chosen.sort(key=lambda row: _key(row, field), reverse=falling)
    if listing.marker is not None:
        chosen = _after(chosen, sort, listing.marker)
    if len(chosen) <= listing.limit:
        return Page(chosen)
    chosen = chosen[: listing.limit]
    return Page(chosen, tuple(_key(chosen[-1], field) for field in sort))


def _key(row: Any, field: str) -> int | str:
    """Return a value to sort by, which a marker can hold."""
    value: Any = getattr(row, field)
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if value is None:
        return 0 if field == "start_u" else ""
    return value if isinstance(value, int) else str(value)


def _after(
    rows: Sequence[Any], sort: Mapping[str, bool], marker: tuple[Any, ...]
) -> list[Any]:
    if len(marker) != len(sort):
        raise Invalid("marker", "not of this list")
    try:
        return [row for row in rows if _follows(row, sort, marker)]
    except TypeError:
        raise Invalid("marker", "not of this list") from None


def _follows(
    row: Any, sort: Mapping[str, bool], marker: tuple[Any, ...]
) -> bool:
    for (field, falling), bound in zip(sort.items(), marker, strict=True):
        value = _key(row, field)
        if value != bound:
            return bool(value > bound) != falling
    return False
