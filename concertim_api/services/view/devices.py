"""Devices: the servers, volumes and networks in the racks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.devices import TYPES
from concertim_api.services.common.listing import (
    Computed,
    Filter,
    Listing,
    Page,
    Scope,
)
from concertim_api.services.ledger.archives import check_archive
from concertim_api.services.ledger.ports import ResourceReader
from concertim_api.services.view import past_rows
from concertim_api.services.view.lists import NounRows, in_region, only
from concertim_api.services.view.past import Past
from concertim_api.services.view.ports import ViewReader

#: All devices face the front.
FACING: Computed = {"facing": lambda row: "f" if row.start_u else None}


class Devices:
    def __init__(
        self, view: ViewReader, ledger: ResourceReader, past: Past
    ) -> None:
        self._ledger = ledger
        self._past = past
        self._rows = NounRows(view, "device")

    def list(
        self, scope: Scope, listing: Listing, at: datetime | None = None
    ) -> Page:
        """Return a page of devices, as they are. 1 statement.

        Or as they were at a moment, of one rack: see ``Past.rack`` for what
        that costs. Raises Invalid if the listing does not name it.
        """
        if at is None:
            page = self._rows.page(listing, scope.filters())
            return page.with_fields(FACING)
        racks = self._past.rack(_rack(listing.filters), at)
        rows = past_rows.meeting(
            (row for rack in racks for row in past_rows.device_rows(rack)),
            scope.filters(listing.filters),
        )
        unique = ("id", "kind", "region")
        return past_rows.page(rows, listing, unique).with_fields(FACING)

    def get(
        self,
        scope: Scope,
        device_id: str,
        region: str | None = None,
        at: datetime | None = None,
    ) -> Page:
        """Return a device, as a page of one. 1 statement.

        Or as it was at a moment: 2 and those of ``Past.home``. Raises
        NotFound, Ambiguous, Archived.
        """
        within = scope.filters(in_region(region))
        if at is None:
            row = self._rows.row(device_id, None, within)
            return Page([row], computed=FACING)
        filters = (
            *within,
            Filter("id", "eq", device_id),
            Filter("kind", "in", tuple(TYPES)),
        )
        check_archive(self._ledger, at)
        periods = self._ledger.resources_at(Listing(filters), at).rows
        rows = [
            row
            for period in periods
            for rack in self._past.home(
                Ref(period.region, period.kind, device_id),
                period.project_id,
                at,
            )
            for row in past_rows.device_rows(rack)
            if row.id == device_id and row.kind == period.kind
        ]
        return Page([only("device", device_id, rows, at)], computed=FACING)


def _rack(filters: Sequence[Filter]) -> tuple[Filter, ...]:
    """Return the condition for the rack, by the fields of the ledger."""
    values = {f.field: f.value for f in filters if f.operator == "eq"}
    if "rack_id" not in values:
        raise Invalid("rack_id", "needed with at: the id of one rack")
    rack = Filter("id", "eq", values["rack_id"])
    return (rack, *in_region(values.get("region")))
