"""openstack concertim device ..."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from concertim_api.osc import options
from concertim_api.osc.cells import Attributes, Column, Moment, Several
from concertim_api.osc.commands import Item, PagedListing, Showing

_CONDITIONS = ("region", "status", "type", "name")


class ListDevice(PagedListing):
    """List devices: the servers, volumes and networks in racks."""

    columns = (
        Column("id"),
        Column("name"),
        Column("rack"),
        Column("type"),
        Column("status"),
        Column("template"),
        Column("start_u"),
        Column("height_u"),
        Column("public_ips", Several),
        Column("private_ips", Several),
        Column("rack_id", long=True),
        Column("label", long=True),
        Column("state", long=True),
        Column("networks", Several, long=True),
        Column("project", long=True),
        Column("project_id", long=True),
        Column("region", long=True),
        Column("kind", long=True),
        Column("template_id", long=True),
        Column("facing", long=True),
        Column("created_at", Moment, long=True),
        Column("updated_at", Moment, long=True),
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_scope(parser)
        parser.add_argument(
            "--rack",
            metavar="<rack>",
            help="Only what is in this rack (name or id).",
        )
        options.add_conditions(parser, *_CONDITIONS)
        options.add_at(parser, "With --rack, what was in it, as it was")
        options.add_page(parser, sort="id, name, updated_at, start_u")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        if args.at and not args.rack:
            raise ValueError("--at: say of which --rack")
        if args.rack and not args.sort:
            args.sort = "start_u:desc"  # as they are stacked
        place = self._place(args)
        devices = self.client.devices.list(
            at=args.at,
            **place,
            **options.conditions(args, *_CONDITIONS),
            **options.page(args),
        )
        racks = _Racks(self.client, args.columns, args.at, place)
        return self.paged(args, devices, racks.named)

    def _place(self, args: argparse.Namespace) -> dict[str, str]:
        """Return where to look; a rack that is named says its project."""
        place = {}
        if args.project or not args.rack:
            place = options.scope(self.client, self.projects, args)
        if args.rack:
            rack = self.client.racks.find(
                args.rack, region=args.region, at=args.at
            )
            place["rack_id"] = rack["id"]
        return place


class ShowDevice(Showing):
    """Show a device as it is, or as it was."""

    columns = (
        *(Column(name) for name in ("id", "name", "label", "kind", "region")),
        *(Column(name) for name in ("rack_id", "project", "project_id")),
        *(Column(name) for name in ("type", "status", "state")),
        *(Column(name) for name in ("template", "template_id")),
        *(Column(name) for name in ("start_u", "height_u", "facing")),
        Column("public_ips", Several),
        Column("private_ips", Several),
        Column("networks", Several),
        Column("details", Attributes),
        Column("created_at", Moment),
        Column("updated_at", Moment),
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_named(parser, "device")
        parser.add_argument(
            "--rack",
            metavar="<rack>",
            help="Which rack (name or id) it is in, if the name is not "
            "clear; with --at it is looked for by the name that it had.",
        )
        options.add_at(parser, "As it was at this time")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        rack = args.rack and self.client.racks.find(
            args.rack, region=args.region, at=args.at
        )
        device = self.client.devices.find(
            args.device,
            region=args.region,
            at=args.at,
            rack_id=rack["id"] if rack else None,
        )
        return self.shown(args, device)


class _Racks:
    """The names of the racks that are looked at, asked for once."""

    def __init__(
        self,
        client: Any,
        columns: Sequence[str],
        at: datetime | None,
        place: Mapping[str, str],
    ) -> None:
        self._client = client
        self._wanted = not columns or "rack" in columns
        self._at = at
        self._place = {
            "id" if name == "rack_id" else name: value
            for name, value in place.items()
        }

    def named(self, device: Item) -> Item:
        """Return the device with the name of its ``rack``."""
        if not self._wanted:
            return device
        place = (device["region"], device["rack_id"])
        return {**device, "rack": self._names.get(place, device["rack_id"])}

    @functools.cached_property
    def _names(self) -> dict[tuple[str, str], str]:
        racks = self._client.racks.list(
            at=self._at, fields="region,id,name", **self._place
        )
        return {(r["region"], r["id"]): r["name"] for r in racks}
