"""openstack concertim rack ..."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from concertim_api.client import errors
from concertim_api.client.racks import Rack
from concertim_api.osc import options
from concertim_api.osc.cells import Column, Moment, Text, escape, every, named
from concertim_api.osc.commands import (
    ListCommand,
    PagedListCommand,
    ShowCommand,
)

_SIDES = ("from", "to")


class DeviceLines(Text):
    """The devices of a rack, the highest first: a line for each."""

    def human_readable(self) -> str:
        devices = sorted(self._value or (), key=_height, reverse=True)
        return "\n".join(escape(_line(device)) for device in devices)


class ListRack(PagedListCommand):
    """List racks: the clusters, and how they are."""

    columns = named(
        "id name project status device_count used_u height_u messages",
        long="project_id team region state status_reason stack_name owner "
        "order_id cost created_at updated_at",
    )
    request = "racks.list"
    arguments = (
        options.Scope(),
        *options.conditions("region", "status", "name"),
        options.Time("--at", "Those that were there, as they were"),
        *options.page(sort="id, name, updated_at"),
    )


class ShowRack(ShowCommand):
    """Show a rack as it is, or as it was."""

    columns = every(Rack)
    request = "racks.find"
    arguments = (
        *options.name_or_id("rack"),
        options.Time("--at", "As it was at this time"),
        options.Option.flag("--devices", "Show its devices, too."),
        options.Option.flag(
            "--draw", "Draw the rack and its devices instead of a table."
        ),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        if args.draw and args.formatter != "table":
            raise ValueError(f"--draw: {args.formatter} can't be drawn")
        devices = (args.devices or args.draw) or None
        rack = self.send(args, devices=devices)
        if args.draw:
            return self._draw(rack, args.at)
        if args.devices:
            self.columns = (*self.columns, Column("devices", DeviceLines))
        return self.output(args, rack)

    def _draw(self, rack: Mapping[str, Any], at: datetime | None) -> Any:
        from concertim_api.osc.drawing import rack as drawing

        project = self.projects.name(rack.get("project_id"))
        drawing.show({**rack, "project": project}, self.app.stdout, at=at)
        return self.print("")


class ShowRackHistory(ListCommand):
    """Show what became of a rack, and of what was in it."""

    columns = named("at kind name change from to", long="id", at=Moment)
    arguments = options.name_or_id("rack")

    def take_action(self, args: argparse.Namespace) -> Any:
        history = self._history(args)
        events = history["events"]
        if args.formatter == "table":
            self.note(_title(history["rack"]))
            events = [self._with_project_names(event) for event in events]
        return self.output(args, events)

    def _history(self, args: argparse.Namespace) -> Any:
        """Return the history; a rack that is gone is found by its id only."""
        racks = self.client.racks
        try:
            return racks.history(args.rack, region=args.region)
        except errors.NotFound:
            rack = racks.find(args.rack, region=args.region)
        return racks.history(rack["id"], region=rack["region"])

    def _with_project_names(
        self, event: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if event["change"] != "moved to project":
            return event
        names = {side: self.projects.name(event[side]) for side in _SIDES}
        return {**event, **names}


def _title(rack: Mapping[str, Any]) -> str:
    return f"rack {rack['name']}, {rack['id']}, region {rack['region']}:"


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
