"""openstack concertim period ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc import options, timeline
from concertim_api.osc.cells import Column, Duration, End, Moment
from concertim_api.osc.commands import PagedListing


class ListPeriod(PagedListing):
    """List usage periods: who held what, and from when to when."""

    columns = (
        Column("start", Moment),
        Column("end", End),
        Column("duration", Duration),
        Column("project"),
        Column("kind"),
        Column("name"),
        Column("type"),
        Column("state"),
        Column("resource_id"),
        Column("project_id", long=True),
        Column("region", long=True),
        Column("vcpus", long=True),
        Column("ram_mb", long=True),
        Column("disk_gb", long=True),
        Column("id", long=True),
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_scope(parser)
        options.add_window(parser)
        parser.add_argument(
            "--clip",
            action="store_true",
            default=None,
            help="Cut periods to the window.",
        )
        options.add_which(parser)
        options.add_resource_id(parser)
        options.add_running(parser)
        options.add_page(parser, sort="start, end, id")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        periods = self.client.periods.list(
            clip=args.clip,
            resource_id=args.resource,
            running=args.running,
            **options.scope(self.client, self.projects, args),
            **options.window(args),
            **options.which(args),
            **options.page(args),
        )
        return self.paged(args, periods, timeline.with_duration)
