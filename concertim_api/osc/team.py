"""openstack concertim team ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc import options
from concertim_api.osc.cells import Attributes, Column, Moment
from concertim_api.osc.commands import PagedListing, Showing

COLUMNS = (
    Column("id"),
    Column("name"),
    Column("label"),
    Column("enabled"),
    Column("description"),
    Column("region", long=True),
    Column("billing_account_id", long=True),
    Column("cost", long=True),
    Column("credits", long=True),
    Column("updated_at", Moment, long=True),
)


class ListTeam(PagedListing):
    """List teams: the projects that may have racks."""

    columns = (*COLUMNS, Column("roles", Attributes, long=True))

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_conditions(parser, "region", "name")
        options.add_page(parser, sort="id, name, updated_at")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        teams = self.client.teams.list(
            **options.conditions(args, "region", "name"),
            **options.page(args),
        )
        return self.paged(args, teams)


class ShowTeam(Showing):
    """Show a team, and who has which roles in it."""

    columns = (*COLUMNS, Column("roles", Attributes))

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_named(parser, "team")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        team = self.client.teams.find(args.team, region=args.region)
        return self.shown(args, team)
