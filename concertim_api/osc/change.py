"""openstack concertim change ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc import options
from concertim_api.osc.cells import Column, Moment
from concertim_api.osc.commands import Listing


class ListChange(Listing):
    """List changes: whose periods changed, and from when on."""

    columns = (
        Column("cursor"),
        Column("recorded_at", Moment),
        Column("since", Moment),
        Column("kind"),
        Column("resource_id"),
        Column("project"),
        Column("project_id", long=True),
        Column("region", long=True),
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_scope(parser)
        for name in ("kind", "region"):
            parser.add_argument(
                f"--{name}", metavar=f"<{name}>", help=f"Only this {name}."
            )
        options.add_resource_id(parser)
        parser.add_argument(
            "--since",
            type=int,
            metavar="<cursor>",
            help="Only changes after this cursor, the last one that you saw; "
            "without it, all that are kept.",
        )
        parser.add_argument(
            "--limit",
            type=options.count,
            metavar="<count>",
            help="Show at most so many; without it, all.",
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        changes = self.client.changes.list(
            args.since,
            args.limit,
            kind=args.kind,
            region=args.region,
            resource_id=args.resource,
            **options.scope(self.client, self.projects, args),
        )
        return self.shown(args, changes)
