"""openstack concertim resource ..."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from concertim_api.osc import options, timeline
from concertim_api.osc.cells import Attributes, Column, Duration, End, Moment
from concertim_api.osc.commands import Listing, PagedListing, Showing


class ListResource(PagedListing):
    """List resources: servers, volumes, networks and all the others."""

    columns = (
        Column("id"),
        Column("kind"),
        Column("name"),
        Column("project"),
        Column("state"),
        Column("type"),
        Column("start", Moment),
        Column("end", End),
        Column("project_id", long=True),
        Column("region", long=True),
        Column("ended", long=True),
        Column("updated_at", Moment, long=True),
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_scope(parser)
        options.add_which(parser)
        parser.add_argument(
            "--name", metavar="<name>", help="Only those with this name."
        )
        options.add_at(parser, "Those that existed at this time, as they were")
        options.add_running(parser)
        options.add_page(parser, sort="id, name, updated_at")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        resources = self.client.resources.list(
            at=args.at,
            name=args.name,
            running=args.running,
            **options.scope(self.client, self.projects, args),
            **options.which(args),
            **options.page(args),
        )
        return self.paged(args, resources)


class ShowResource(Showing):
    """Show a resource as it is, or as it was."""

    columns = (
        *(Column(name) for name in ("id", "kind", "name", "region")),
        *(Column(name) for name in ("project", "project_id", "state", "type")),
        Column("start", Moment),
        Column("end", End),
        Column("ended"),
        Column("updated_at", Moment),
        Column("shape", Attributes),
        Column("details", Attributes),
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_resource(parser)
        options.add_at(parser, "As it was at this time")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        resource = self.client.resources.find(
            args.resource, kind=args.kind, region=args.region
        )
        if args.at:
            resource = self.client.resources.get(
                resource["id"], **_place(resource), at=args.at
            )
        return self.shown(args, resource)


class ShowHistory(Listing):
    """Show what became of a resource: its periods, and what began each."""

    columns = (
        Column("start", Moment),
        Column("end", End),
        Column("duration", Duration),
        Column("state"),
        Column("type"),
        Column("change"),
        Column("project", long=True),
        Column("project_id", long=True),
        Column("vcpus", long=True),
        Column("ram_mb", long=True),
        Column("disk_gb", long=True),
        Column("shape", Attributes, long=True),
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_resource(parser)
        parser.add_argument(
            "--draw",
            action="store_true",
            help="Add a line on which each period is drawn.",
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        resource = self.client.resources.find(
            args.resource, kind=args.kind, region=args.region
        )
        history = self.client.resources.history(
            resource["id"], **_place(resource)
        )
        periods = list(timeline.story(history["periods"], self.projects.name))
        columns = list(self.columns)
        if args.draw:
            periods = list(timeline.drawn(periods))
            columns.insert(3, Column("timeline"))
        if args.formatter == "table":
            self.note(_title(resource))
        return self.shown(args, periods, columns)


class ListObservation(PagedListing):
    """List what was said of a resource: when, by whom, and what."""

    columns = (
        Column("at", Moment),
        Column("says"),
        Column("source"),
        Column("shape", Attributes),
        Column("author"),
        Column("reason"),
        Column("since", Moment, long=True),
        Column("until", Moment, long=True),
        Column("reported_at", Moment, long=True),
        Column("received_at", Moment, long=True),
        Column("project", long=True),
        Column("project_id", long=True),
        Column("details", Attributes, long=True),
        Column("key", long=True),
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_resource(parser)
        options.add_page(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        resource = self.client.resources.find(
            args.resource, kind=args.kind, region=args.region
        )
        observations = self.client.resources.observations(
            resource["id"], **_place(resource), **options.page(args)
        )
        return self.paged(args, observations)


def _place(resource: Mapping[str, Any]) -> dict[str, str]:
    """Return what makes the id of a resource unique."""
    return {"kind": resource["kind"], "region": resource["region"]}


def _title(resource: Mapping[str, Any]) -> str:
    name = resource["name"] or "(no name)"
    return (
        f"{resource['kind']} {name}, {resource['id']}, "
        f"region {resource['region']}:"
    )
