"""openstack concertim rack ..."""

from __future__ import annotations

import argparse
import collections
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from concertim_api.client import errors
from concertim_api.client.racks import Rack
from concertim_api.osc import freshness, hidden, options
from concertim_api.osc.cells import Column, Moment, Text, escape, every, named
from concertim_api.osc.commands import (
    ListCommand,
    PagedListCommand,
    Row,
    ShowCommand,
    with_project,
)
from concertim_api.osc.cost import with_costs

_SIDES = ("from", "to")

ENDED_COLUMNS = named(
    "id name project state start end", long="project_id region"
)

_FIELDS = "id,name,project_id,state,start,end,region,details"


class DeviceLines(Text):
    """The devices of a rack, the highest first: a line for each."""

    def human_readable(self) -> str:
        devices = sorted(self._value or (), key=_height, reverse=True)
        return "\n".join(escape(_line(device)) for device in devices)


class ListRack(PagedListCommand):
    """List racks: the clusters, and their states."""

    columns = named(
        "id name project status device_count used_u height_u messages",
        long="project_id team region state status_reason stack_name owner "
        "order_id cost created_at updated_at",
    )
    request = "racks.list"
    arguments = (
        options.Scope(),
        *options.conditions("region", "status", "name"),
        options.Alternatives(
            options.Time("--at", "The racks of this time"),
            options.Option.flag(
                "--ended", "Racks that are gone, the last one first."
            ),
        ),
        *options.page(sort="id, name, updated_at"),
        options.Option.flag(
            "--draw",
            "Draw the present racks side by side, instead of a table.",
        ),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        if args.draw:
            return self._draw(args)
        if not args.ended:
            return super().take_action(args)
        if args.status:
            raise ValueError("--status: what has ended has none")
        args.sort = args.sort or "updated_at:desc"
        self._rows = self.client.resources.list(
            kind=hidden.STACK,
            running=False,
            fields=_FIELDS,
            **self.values(args),
        )
        stacks = (row for row in self._rows if not hidden.is_nested(row))
        return self.output(args, stacks, ENDED_COLUMNS)

    def _draw(self, args: argparse.Namespace) -> Any:
        """Draw the racks; their devices are one list for all."""
        from concertim_api.osc.drawing import rack as drawing

        if args.formatter != "table" or args.at or args.ended:
            raise ValueError("--draw: only racks of now, and no other format")
        devices: dict[tuple[str, str], list[Row]] = collections.defaultdict(
            list
        )
        project_id = self.values(args).get("project_id")
        racks = [*self.send(args)]
        for device in self.client.devices.list(project_id=project_id):
            devices[device["region"], device["rack_id"]].append(device)
        rows = [
            {
                **with_project(rack, self.projects),
                "devices": devices[rack["region"], rack["id"]],
            }
            for rack in racks
        ]
        drawing.show_all(rows, self.app.stdout)
        if not rows:
            self.note(self.absence(args))
        return [], []

    def absence(self, args: argparse.Namespace) -> str:
        text = super().absence(args)
        if args.ended or args.at:
            return text
        return f"{text} {hidden.stacks(self, self.values(args))}".rstrip()

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
    ) -> int:
        if parsed_args.draw:
            return 0
        return super().produce_output(parsed_args, column_names, data)


class ShowRack(ShowCommand):
    """Show a rack, now or in the past."""

    columns = every(Rack)
    request = "racks.find"
    arguments = (
        *options.name_or_id("rack"),
        options.Time("--at", "The state at this time"),
        options.Option.flag("--devices", "Show its devices, too."),
        options.Alternatives(
            options.Option.flag(
                "--draw", "Draw the rack and its devices instead of a table."
            ),
            options.Option(
                "--svg",
                metavar="<file>",
                help="Write a picture of the rack, for browsers, into a file.",
            ),
        ),
        options.Option.flag(
            "--costs",
            "Draw what the rack and each device cost in the month so far, "
            "too.",
        ),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        if args.draw and args.formatter != "table":
            raise ValueError(f"--draw: {args.formatter} can't be drawn")
        if args.costs and not (args.draw or args.svg):
            raise ValueError("--costs: only with --draw or --svg")
        devices = (args.devices or args.draw) or None
        try:
            rack = self.send(args, devices=devices)
        except errors.NotFound:
            stack = _ended_stack(self.client, args)
            if stack is None:
                raise
            raise ValueError(_end_of(stack)) from None
        if args.draw:
            return self._draw(rack, args)
        if args.svg:
            return self._save(rack, args)
        if args.devices:
            self.columns = (*self.columns, Column("devices", DeviceLines))
        return self.output(args, rack)

    def _save(self, rack: Row, args: argparse.Namespace) -> Any:
        svg = self.client.racks.svg(
            rack["id"], region=rack["region"], at=args.at, costs=args.costs
        )
        pathlib.Path(args.svg).expanduser().write_text(svg, "utf-8")
        return self.print("")

    def _draw(self, rack: Row, args: argparse.Namespace) -> Any:
        from concertim_api.osc.drawing import rack as drawing

        at = args.at
        if args.costs:
            rack = with_costs(self.client, rack, at)
        rack = with_project(rack, self.projects)
        if at is None and (problem := freshness.problem(self.client)):
            self.app.stdout.write(f"{escape(problem)}\n\n")
        drawing.show(rack, self.app.stdout, at=at)
        return self.print("")


class ShowRackHistory(ListCommand):
    """Show the history of a rack and its devices."""

    columns = named("at kind name change from to", long="id", at=Moment)
    nouns = "events"
    arguments = options.name_or_id("rack")

    def take_action(self, args: argparse.Namespace) -> Any:
        history = self._history(args)
        events = history["events"]
        if args.formatter == "table":
            self.note(_title(history["rack"]))
            events = [self._with_project_names(event) for event in events]
        return self.output(args, events)

    def _history(self, args: argparse.Namespace) -> Any:
        """Return the history; the rack may be gone."""
        racks = self.client.racks
        try:
            return racks.history(args.rack, region=args.region)
        except errors.NotFound:
            rack = self._by_name(args)
        return racks.history(rack["id"], region=rack["region"])

    def _by_name(self, args: argparse.Namespace) -> Row:
        """Return the rack of this name; if there is none, that which was."""
        try:
            rack: Row = self.client.racks.find(args.rack, region=args.region)
        except errors.NotFound:
            stack = _ended_stack(self.client, args)
            if stack is None:
                raise
            return stack
        return rack

    def _with_project_names(
        self, event: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if event["change"] != "moved to project":
            return event
        names = {side: self.projects.name(event[side]) for side in _SIDES}
        return {**event, **names}


def _ended_stack(client: Any, args: argparse.Namespace) -> Row | None:
    """Return the last stack that ended of those with a name; one request."""
    stacks = client.resources.list(
        kind=hidden.STACK,
        name=f"eq:{args.rack}",
        region=args.region,
        running=False,
        sort="updated_at:desc",
        limit=1,
    )
    return next(stacks, None)


def _end_of(stack: Row) -> str:
    end = Moment(stack["end"]).human_readable()
    return (
        f"{stack['name']} ended at {end}: openstack concertim rack history "
        f"{stack['id']}, or rack show --at a moment before"
    )


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
