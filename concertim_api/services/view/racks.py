"""Racks: the clusters, as they are, as they were, and what became of them."""

from __future__ import annotations

import dataclasses as dc
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import model
from concertim_api.domain.view.drawing import rack as drawing
from concertim_api.services.common.listing import Filter, Listing, Page, Scope
from concertim_api.services.common.ports import Clock
from concertim_api.services.ledger.ports import NameReader
from concertim_api.services.view import past_rows
from concertim_api.services.view.devices import FACING
from concertim_api.services.view.lists import (
    NounRows,
    in_region,
    only,
    team_names,
)
from concertim_api.services.view.past import Past, PastRack
from concertim_api.services.view.ports import ViewReader, ViewRow
from concertim_api.services.view.rows import from_row

#: Fields that the ledger does not have.
_OF_THE_VIEW = ("name", "status")


class Racks:
    """Of a rack, a project sees the devices that are its own."""

    def __init__(
        self, view: ViewReader, names: NameReader, past: Past, clock: Clock
    ) -> None:
        self._names = names
        self._clock = clock
        self._past = past
        self._racks = NounRows(view, "rack")
        self._devices = NounRows(view, "device")

    def list(
        self, scope: Scope, listing: Listing, at: datetime | None = None
    ) -> Page:
        """Return a page of racks, as they are. 2 statements.

        Or as they were at a moment, as is known of them today, sorted by id
        alone: see ``Past.racks`` for what that costs.
        """
        if at is not None:
            return self._list_at(scope.listing(listing), at)
        page = self._racks.page(listing, scope.filters())
        names = team_names(self._names, page.rows)
        return page.with_fields({"team": lambda r: names.get(r.project_id)})

    def _list_at(self, listing: Listing, at: datetime) -> Page:
        if any(field != "id" for field, _ in listing.sort):
            raise Invalid("sort", "with at, only by id")
        view = [f for f in listing.filters if f.field in _OF_THE_VIEW]
        rest = tuple(f for f in listing.filters if f not in view)
        page = self._past.racks(dc.replace(listing, filters=rest), at)
        teams = {rack.shown.rack.ref: rack.team for rack in page.rows}
        rows = past_rows.meeting(map(past_rows.rack_row, page.rows), view)
        return Page(rows, page.marker, {"team": lambda r: teams[_ref(r)]})

    def get(
        self,
        scope: Scope,
        rack_id: str,
        region: str | None = None,
        at: datetime | None = None,
        *,
        devices: bool = False,
    ) -> Page:
        """Return a rack, as a page of one, with its devices on demand.

        2 statements, and 1 for each thousand devices; or those of
        ``Past.rack``. Raises NotFound, Ambiguous.
        """
        if at is not None:
            past = self._past_rack(scope, rack_id, region, at)
            rows: Sequence[Any] = past_rows.device_rows(past)
            return _page(past_rows.rack_row(past), past.team, rows)
        row = self._racks.row(rack_id, region, scope.filters())
        rows = self._devices_of(scope, row) if devices else ()
        names = team_names(self._names, [row])
        return _page(row, names.get(row.project_id or ""), rows)

    def drawn(
        self,
        scope: Scope,
        rack_id: str,
        region: str | None = None,
        at: datetime | None = None,
        costs: drawing.RackCosts | None = None,
    ) -> str:
        """Return an SVG picture of a rack, with its ``costs`` if there are
        some. Statements as ``get``.

        Raises NotFound, Ambiguous.
        """
        if at is not None:
            past = self._past_rack(scope, rack_id, region, at)
            caption = drawing.Caption(past.team, at, True, costs)
            return drawing.rack_svg(past.shown, caption)
        row = self._racks.row(rack_id, region, scope.filters())
        rows = self._devices_of(scope, row)
        devices = tuple(from_row(model.Device, device) for device in rows)
        shown = model.ProjectedRack(
            rack=from_row(model.Rack, row), devices=devices
        )
        team = team_names(self._names, [row]).get(row.project_id or "")
        caption = drawing.Caption(team, self._clock.now(), costs=costs)
        return drawing.rack_svg(shown, caption)

    def _past_rack(
        self, scope: Scope, rack_id: str, region: str | None, at: datetime
    ) -> PastRack:
        filters = (Filter("id", "eq", rack_id), *in_region(region))
        racks = self._past.rack(scope.filters(filters), at)
        past: PastRack = only("rack", rack_id, racks, at)
        devices = past.shown.devices
        visible = tuple(d for d in devices if scope.holds(d.project_id))
        return dc.replace(past, shown=dc.replace(past.shown, devices=visible))

    def _devices_of(self, scope: Scope, rack: ViewRow) -> Sequence[ViewRow]:
        """Return the devices of a rack, from the bottom up."""
        filters = (Filter("rack_id", "eq", rack.id), *in_region(rack.region))
        rows = self._devices.rows(scope.filters(filters))
        return sorted(rows, key=lambda row: row.start_u or math.inf)


def _ref(row: ViewRow) -> Ref:
    return Ref(row.region, row.kind, row.id)


def _page(row: Any, team: str | None, devices: Sequence[Any]) -> Page:
    page = Page(devices, computed=FACING)
    computed = {"team": lambda row: team, "devices": lambda row: page}
    return Page([row], computed=computed)
