"""openstack concertim resource ..."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from concertim_api.osc import options, timeline
from concertim_api.osc.cells import (
    Attributes,
    Column,
    Duration,
    End,
    Moment,
    texts,
)
from concertim_api.osc.commands import (
    ListCommand,
    PagedListCommand,
    ShowCommand,
)


class ListResource(PagedListCommand):
    """List resources: servers, volumes, networks and all the others."""

    columns = (
        *texts("id", "kind", "name", "project", "state", "type"),
        Column("start", Moment),
        Column("end", End),
        *texts("project_id", "region", "ended", long=True),
        Column("updated_at", Moment, long=True),
    )
    request = "resources.list"
    arguments = (
        options.Scope(),
        *options.FILTERS,
        options.Parameter(
            "--name", metavar="<name>", help="Only those with this name."
        ),
        options.at("Those that existed at this time, as they were"),
        options.RUNNING,
        *options.page(sort="id, name, updated_at"),
    )


class ShowResource(ShowCommand):
    """Show a resource as it is, or as it was."""

    columns = (
        *texts("id", "kind", "name", "region", "project", "project_id"),
        *texts("state", "type"),
        Column("start", Moment),
        Column("end", End),
        Column("ended"),
        Column("updated_at", Moment),
        Column("shape", Attributes),
        Column("details", Attributes),
    )
    request = "resources.find"
    arguments = (*options.RESOURCE, options.at("As it was at this time"))

    def take_action(self, args: argparse.Namespace) -> Any:
        resource = self.send(args, at=None)
        if args.at:
            resource = self.client.resources.get(
                resource["id"],
                kind=resource["kind"],
                region=resource["region"],
                at=args.at,
            )
        return self.output(args, resource)


class ShowHistory(ListCommand):
    """Show what became of a resource: its periods, and what began each."""

    columns = (
        Column("start", Moment),
        Column("end", End),
        Column("duration", Duration),
        *texts("state", "type", "change"),
        *texts("project", "project_id", "vcpus", "ram_mb", long=True),
        Column("disk_gb", long=True),
        Column("shape", Attributes, long=True),
    )
    request = "resources.history"
    arguments = (
        options.Resource(),
        options.Option(
            "--draw",
            action="store_true",
            help="Add a line on which each period is drawn.",
        ),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        history = self.send(args)
        periods = list(
            timeline.with_changes(history["periods"], self.projects.name)
        )
        columns = list(self.columns)
        if args.draw:
            periods = [*timeline.with_timeline(periods)]
            columns.insert(3, Column("timeline"))
        if args.formatter == "table":
            self.note(_title(history["resource"]))
        return self.output(args, periods, columns)


class ListObservation(PagedListCommand):
    """List what was said of a resource: when, by whom, and what."""

    columns = (
        Column("at", Moment),
        *texts("says", "source"),
        Column("shape", Attributes),
        *texts("author", "reason"),
        Column("since", Moment, long=True),
        Column("until", Moment, long=True),
        Column("reported_at", Moment, long=True),
        Column("received_at", Moment, long=True),
        *texts("project", "project_id", long=True),
        Column("details", Attributes, long=True),
        Column("key", long=True),
    )
    request = "resources.observations"
    arguments = (options.Resource(), *options.page())


def _title(resource: Mapping[str, Any]) -> str:
    name = resource["name"] or "(no name)"
    return (
        f"{resource['kind']} {name}, {resource['id']}, "
        f"region {resource['region']}:"
    )
