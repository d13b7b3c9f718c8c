"""openstack concertim change ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc import options
from concertim_api.osc.cells import Moment, named
from concertim_api.osc.commands import ListCommand


class ListChange(ListCommand):
    """List changes of periods, oldest first."""

    columns = named(
        "cursor recorded_at since kind resource_id project",
        long="project_id region",
        since=Moment,
    )
    minor = "recorded_at"
    request = "changes.list"
    arguments = (
        options.Scope(),
        *options.equalities("kind", "region"),
        options.RESOURCE_ID,
        options.Alternatives(
            options.Parameter(
                "--since",
                type=int,
                metavar="<cursor>",
                help="Only changes after this cursor, the last one that you "
                "saw; without --since, all that are kept.",
            ),
            options.Option(
                "--last",
                type=options.count,
                metavar="<count>",
                help="Only this many changes, the newest ones.",
            ),
        ),
        options.LIMIT,
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        if not args.last:
            return super().take_action(args)
        if args.limit:
            raise ValueError("--limit: --last says how many")
        values = self.values(args)
        del values["since"], values["limit"]
        changes = self.client.changes.last(args.last, **values)
        return self.output(args, changes)
