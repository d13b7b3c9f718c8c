"""The view as it is: rows of a noun, those that a caller may see."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from concertim_api.domain import errors
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.model import Device, Rack, Template
from concertim_api.domain.view.slots import Slot
from concertim_api.services.common.listing import Filter, Listing, Page
from concertim_api.services.ledger.resources import Ambiguous
from concertim_api.services.view.ports import ViewReader, ViewRow

#: Rows of one statement, where all of them are wanted.
_MANY = 1000


class Shown:
    """One noun of the view: rack, device, template, team or user.

    ``within`` are the conditions of what the caller may see.
    """

    def __init__(self, view: ViewReader, noun: str) -> None:
        self._view = view
        self._noun = noun

    def page(self, listing: Listing, within: Sequence[Filter]) -> Page:
        """Return a page. 1 statement."""
        filters = (*listing.filters, *within)
        return self._view.page(
            self._noun, dc.replace(listing, filters=filters)
        )

    def every(self, within: Sequence[Filter]) -> list[ViewRow]:
        """Return all rows. 1 statement for each thousand."""
        listing = Listing(limit=_MANY)
        found: list[ViewRow] = []
        while True:
            page = self.page(listing, within)
            found += page.rows
            if page.marker is None:
                return found
            listing = dc.replace(listing, marker=page.marker)

    def one(
        self, view_id: str, region: str | None, within: Sequence[Filter]
    ) -> ViewRow:
        """Return the row with an id. 1 statement.

        Raises NotFound, or Ambiguous naming the regions.
        """
        filters = (*within, *in_region(region))
        found = self._view.find(self._noun, view_id, filters)
        row: ViewRow = only(self._noun, view_id, found)
        return row


def in_region(region: str | None) -> tuple[Filter, ...]:
    """Return the condition for a region, if one is given."""
    return () if region is None else (Filter("region", "eq", region),)


def only(
    noun: str, view_id: str, found: Sequence[Any], at: datetime | None = None
) -> Any:
    """Return the only thing that was found.

    Raises NotFound, or Ambiguous naming the regions.
    """
    if not found:
        when = "" if at is None else f" at {at:%Y-%m-%dT%H:%M:%SZ}"
        raise errors.NotFound(
            f"{noun.capitalize()} {view_id} not found{when}."
        )
    if len(found) > 1:
        regions = ", ".join(sorted(row.region for row in found))
        raise Ambiguous(f"{view_id} is in {regions}; say which by region.")
    return found[0]


def rack_of(row: ViewRow) -> Rack:
    """Return the rack that a row shows."""
    body = orjson.loads(row.body)
    return Rack(
        ref=Ref(row.region, row.kind, row.id),
        project_id=row.project_id,
        name=row.name,
        status=row.status or "",
        height_u=row.height_u or 0,
        devices=body.pop("device_count"),
        messages=tuple(body.pop("messages")),
        created_at=_moment(body.pop("created_at")),
        **body,
    )


def device_of(row: ViewRow, rack: Ref) -> Device:
    """Return the device that a row shows."""
    body: dict[str, Any] = orjson.loads(row.body)
    tuples = ("public_ips", "private_ips", "networks")
    lists: dict[str, Any] = {name: tuple(body.pop(name)) for name in tuples}
    start_u, height_u = row.start_u, row.height_u
    return Device(
        ref=Ref(row.region, row.kind, row.id),
        rack=rack,
        project_id=row.project_id,
        name=row.name,
        status=row.status or "",
        type=row.type,  # type: ignore[arg-type]
        slot=Slot(start_u, height_u) if start_u and height_u else None,
        created_at=_moment(body.pop("created_at")),
        **lists,
        **body,
    )


def template_of(row: ViewRow) -> Template:
    """Return the template that a row shows."""
    return Template(
        ref=Ref(row.region, row.kind, row.id),
        name=row.name,
        height_u=row.height_u or 0,
        **orjson.loads(row.body),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
