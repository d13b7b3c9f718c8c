"""openstack concertim rack ..."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from concertim_api.client import errors
from concertim_api.osc import options
from concertim_api.osc.cells import (
    Attributes,
    Column,
    Lines,
    Moment,
    Text,
    printable,
)
from concertim_api.osc.commands import Listing, PagedListing, Showing

_SIDES = ("from", "to")


class Inside(Text):
    """The devices of a rack, one on each line, as they are stacked."""

    def human_readable(self) -> str:
        devices = sorted(self._value or (), key=_height, reverse=True)
        return "\n".join(printable(_line(device)) for device in devices)


class ListRack(PagedListing):
    """List racks: the clusters, and how they are."""

    columns = (
        Column("id"),
        Column("name"),
        Column("project"),
        Column("status"),
        Column("device_count"),
        Column("used_u"),
        Column("height_u"),
        Column("messages", Lines),
        Column("project_id", long=True),
        Column("team", long=True),
        Column("region", long=True),
        Column("state", long=True),
        Column("status_reason", long=True),
        Column("stack_name", long=True),
        Column("owner", long=True),
        Column("order_id", long=True),
        Column("cost", long=True),
        Column("created_at", Moment, long=True),
        Column("updated_at", Moment, long=True),
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_scope(parser)
        options.add_conditions(parser, "region", "status", "name")
        options.add_at(parser, "Those that were there, as they were")
        options.add_page(parser, sort="id, name, updated_at")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        racks = self.client.racks.list(
            at=args.at,
            **options.scope(self.client, self.projects, args),
            **options.conditions(args, "region", "status", "name"),
            **options.page(args),
        )
        return self.paged(args, racks)


class ShowRack(Showing):
    """Show a rack as it is, or as it was."""

    columns = (
        *(Column(name) for name in ("id", "name", "region", "project")),
        *(Column(name) for name in ("project_id", "team", "stack_name")),
        *(Column(name) for name in ("description", "owner", "status")),
        *(Column(name) for name in ("status_reason", "state")),
        *(Column(name) for name in ("height_u", "used_u", "device_count")),
        Column("messages", Lines),
        Column("outputs", Attributes),
        *(Column(name) for name in ("order_id", "cost")),
        Column("created_at", Moment),
        Column("updated_at", Moment),
    )

    _drawn: Mapping[str, Any] | None = None

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_named(parser, "rack")
        options.add_at(parser, "As it was at this time")
        parser.add_argument(
            "--devices",
            action="store_true",
            help="Show its devices, too.",
        )
        parser.add_argument(
            "--draw",
            action="store_true",
            help="Draw the rack and its devices instead of a table.",
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        if args.draw and args.formatter != "table":
            raise ValueError(f"--draw: {args.formatter} can't be drawn")
        rack = self.client.racks.find(
            args.rack,
            region=args.region,
            at=args.at,
            devices=(args.devices or args.draw) or None,
        )
        if args.draw:
            self._drawn = rack
            return (), ()
        if args.devices:
            self.columns = (*self.columns, Column("devices", Inside))
        return self.shown(args, rack)

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Sequence[Any],
    ) -> int:
        if self._drawn is None:
            return int(
                super().produce_output(parsed_args, column_names, data) or 0
            )
        from concertim_api.osc import drawing

        project = self.projects.name(self._drawn.get("project_id"))
        drawing.show(
            {**self._drawn, "project": project},
            self.app.stdout,
            at=parsed_args.at,
        )
        return 0


class ShowRackHistory(Listing):
    """Show what became of a rack, and of what was in it."""

    columns = (
        Column("at", Moment),
        Column("kind"),
        Column("name"),
        Column("change"),
        Column("from"),
        Column("to"),
        Column("id", long=True),
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_named(parser, "rack")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        history = self._history(args)
        events = history["events"]
        if args.formatter == "table":
            self.note(_title(history["rack"]))
            events = [self._with_names(event) for event in events]
        return self.shown(args, events)

    def _history(self, args: argparse.Namespace) -> Any:
        """Return the history; that of a rack that is gone, by its id."""
        racks = self.client.racks
        try:
            return racks.history(args.rack, region=args.region)
        except errors.NotFound:
            rack = racks.find(args.rack, region=args.region)
        return racks.history(rack["id"], region=rack["region"])

    def _with_names(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        if event["change"] != "moved to project":
            return event
        names = {side: self.projects.name(event[side]) for side in _SIDES}
        return {**event, **names}


def _title(rack: Mapping[str, Any]) -> str:
    return printable(
        f"rack {rack['name']}, {rack['id']}, region {rack['region']}:"
    )


def _height(device: Mapping[str, Any]) -> int:
    return device["start_u"] or 0


def _line(device: Mapping[str, Any]) -> str:
    first, height = device["start_u"], device["height_u"] or 1
    if first is None:
        place = "no slot"
    elif height == 1:
        place = f"U {first}"
    else:
        place = f"U {first}-{first + height - 1}"
    return f"{place}: {device['name']}, {device['type']}, {device['status']}"
