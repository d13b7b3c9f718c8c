"""openstack concertim team role ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc import options
from concertim_api.osc.cells import Column, Several
from concertim_api.osc.commands import Command, Listing, Showing
from concertim_api.osc.team import team_id
from concertim_api.osc.user import user_id

COLUMNS = (
    Column("user"),
    Column("role"),
    Column("roles", Several),
    Column("user_id"),
)


class ListTeamRole(Listing):
    """List who has which role in a team; roles are those of Keystone."""

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_named(parser, "team")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        team = team_id(self.client, args.team, args.region)
        roles = self.client.teams.roles(team, region=args.region)
        return self.shown(args, roles)


class SetTeamRole(Showing):
    """Let somebody have a role in a team, instead of another one.

    The manager of a team may do this in it.
    """

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_who(parser)
        parser.add_argument(
            "role",
            metavar="<role>",
            help="The role, such as admin or member.",
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        role = self.client.teams.set_role(
            team_id(self.client, args.team, args.region),
            user_id(self.client, args.user, args.region),
            args.role,
            region=args.region,
        )
        return self.shown(args, role)


class UnsetTeamRole(Command):
    """Take a role in a team away from somebody; without it, all."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_who(parser)
        parser.add_argument(
            "role", nargs="?", metavar="<role>", help="The role."
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> None:
        self.client.teams.unset_role(
            team_id(self.client, args.team, args.region),
            user_id(self.client, args.user, args.region),
            args.role,
            region=args.region,
        )


def _add_who(parser: argparse.ArgumentParser) -> None:
    options.add_named(parser, "team")
    parser.add_argument(
        "user",
        metavar="<user>",
        help="Id of a user, or the name of one whom you see.",
    )
