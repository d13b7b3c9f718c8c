"""openstack concertim device ..."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Sequence
from typing import Any

from concertim_api.client.devices import Device
from concertim_api.osc import hidden, options
from concertim_api.osc.cells import every, named
from concertim_api.osc.commands import PagedListCommand, Row, ShowCommand
from concertim_api.osc.options import Caller, Values


class _Place(options.Group):
    """The project and the rack of the devices; a rack alone is enough."""

    def __init__(self) -> None:
        self.scope = options.Scope()
        self.rack = options.Rack("Only devices in this rack (name or id).")
        super().__init__(self.scope, self.rack)

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        rack = self.rack.values(caller, args)
        if rack and not args.project:
            return rack
        return {**self.scope.values(caller, args), **rack}


class ListDevice(PagedListCommand):
    """List devices: the servers, volumes and networks in racks."""

    nouns = "devices"
    columns = named(
        "id name rack type status template start_u height_u "
        "public_ips private_ips",
        long="rack_id label state networks project project_id region kind "
        "template_id facing created_at updated_at",
    )
    minor = "height_u private_ips public_ips template"
    arguments = (
        _Place(),
        *options.conditions("region", "status", "type", "name"),
        options.Time("--at", "With --rack, the devices in it at this time"),
        *options.page(sort="id, name, updated_at, start_u"),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        if args.at and not args.rack:
            raise ValueError("--at: say of which --rack")
        if args.rack and not args.sort:
            args.sort = "start_u:desc"  # as they are stacked
        values = self.values(args)
        self._rows = self.client.devices.list(**values)
        racks = _Racks(
            self.client,
            args.columns,
            at=args.at,
            project_id=values.get("project_id"),
            id=values.get("rack_id"),
        )
        return self.output(args, map(racks.with_rack, self._rows))

    def absence(self, args: argparse.Namespace) -> str:
        text = super().absence(args)
        return f"{text} {hidden.stacks(self, self.values(args))}".rstrip()


class ShowDevice(ShowCommand):
    """Show a device, now or in the past."""

    columns = every(Device)
    request = "devices.find"
    arguments = (
        *options.name_or_id("device"),
        options.Rack(
            "The rack of the device (name or id); needed only if several "
            "have one of this name; with --at, the name that the rack had "
            "then."
        ),
        options.Time("--at", "The state at this time"),
    )


class _Racks:
    """The names of racks: one list of them, if a column needs it."""

    def __init__(
        self, client: Any, columns: Sequence[str], **place: Any
    ) -> None:
        self._client = client
        self._is_needed = not columns or "rack" in columns
        self._place = place

    def with_rack(self, device: Row) -> Row:
        """Return the device with the name of its ``rack``."""
        if not self._is_needed:
            return device
        place = (device["region"], device["rack_id"])
        return {**device, "rack": self._names.get(place, device["rack_id"])}

    @functools.cached_property
    def _names(self) -> dict[tuple[str, str], str]:
        racks = self._client.racks.list(fields="region,id,name", **self._place)
        return {(r["region"], r["id"]): r["name"] for r in racks}
