"""openstack concertim user ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc import options
from concertim_api.osc.cells import Column, Moment
from concertim_api.osc.commands import PagedListing


class ListUser(PagedListing):
    """List the users of teams: of yours, or all (admin)."""

    columns = (
        Column("id"),
        Column("name"),
        Column("label"),
        Column("email"),
        Column("enabled"),
        Column("region", long=True),
        Column("updated_at", Moment, long=True),
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_conditions(parser, "region", "name")
        options.add_page(parser, sort="id, name, updated_at")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        users = self.client.users.list(
            **options.conditions(args, "region", "name"),
            **options.page(args),
        )
        return self.paged(args, users)
