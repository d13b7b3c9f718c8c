"""openstack concertim resource ..."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from concertim_api.client.resources import Resource
from concertim_api.osc import options, timeline
from concertim_api.osc.cells import Column, Moment, Text, every, named
from concertim_api.osc.commands import (
    ListCommand,
    PagedListCommand,
    ShowCommand,
)


class ListResource(PagedListCommand):
    """List resources: servers, volumes, networks and all the others."""

    columns = named(
        "id kind name project state type start end",
        long="project_id region ended updated_at",
    )
    request = "resources.list"
    arguments = (
        options.Scope(),
        *options.FILTERS,
        options.Parameter("--name", help="Only resources with this name."),
        options.Time("--at", "The resources of this time"),
        options.RUNNING,
        *options.page(sort="id, name, updated_at"),
    )


class ShowResource(ShowCommand):
    """Show a resource, now or in the past."""

    columns = every(Resource)
    request = "resources.find"
    arguments = (
        *options.RESOURCE,
        options.Time("--at", "The state at this time"),
    )


class ShowHistory(ListCommand):
    """Show the history of a resource: its periods, and what began each."""

    columns = named(
        "start end duration state type change",
        long="project project_id vcpus ram_mb disk_gb shape",
    )
    minor = "duration end"
    nouns = "periods"
    request = "resources.history"
    arguments = (
        options.Resource(),
        options.Option.flag("--draw", "Add a line that shows each period."),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        history = self.send(args)
        periods = list(
            timeline.with_changes(history["periods"], self.projects.name)
        )
        columns = list(self.columns)
        if args.draw:
            width = (self.width(args) or sys.maxsize) // 4
            width = min(width, timeline.WIDTH)
            periods = [*timeline.with_timeline(periods, width)]
            columns.insert(3, Column("timeline", _Line))
        if args.formatter == "table":
            self.note(_title(history["resource"]))
        return self.output(args, periods, columns)


class ListObservation(PagedListCommand):
    """List the observations of a resource: when, by whom, and what."""

    columns = named(
        "at says source shape author reason",
        long="since until reported_at received_at project project_id details "
        "key region_rule",
        **dict.fromkeys(("at", "since", "until"), Moment),
    )
    nouns = "observations"
    request = "resources.observations"
    arguments = (options.Resource(), *options.page())

    def send(self, args: argparse.Namespace, **values: Any) -> Any:
        return super().send(args, microversion="1.3", **values)


class _Line(Text):
    """A line whose length is a time."""

    least = None


def _title(resource: Mapping[str, Any]) -> str:
    name = resource["name"] or "(no name)"
    return (
        f"{resource['kind']} {name}, {resource['id']}, "
        f"region {resource['region']}:"
    )
