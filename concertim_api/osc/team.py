"""openstack concertim team ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.client import errors
from concertim_api.osc import options, waiting
from concertim_api.osc.cells import Attributes, Column, Moment
from concertim_api.osc.commands import Command, Item, PagedListing, Showing
from concertim_api.osc.user import user_id

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


class CreateTeam(Showing):
    """Create a team: a project of Keystone, and the roles in it (admin).

    A team of this name that concertim created before is completed.
    """

    columns = (*COLUMNS, Column("roles", Attributes))

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "name", metavar="<name>", help="The name of the project."
        )
        parser.add_argument(
            "--description", metavar="<text>", help="What the team does."
        )
        parser.add_argument(
            "--role",
            dest="roles",
            action="append",
            default=[],
            type=_role,
            metavar="<user>=<role>",
            help="Who (name or id) is what in the team; may be repeated.",
        )
        options.add_region(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        team = self.client.teams.create(
            args.name,
            description=args.description,
            roles=[
                (user_id(self.client, user, args.region), role)
                for user, role in args.roles
            ],
            region=args.region,
        )
        return self.shown(args, team)


class DeleteTeam(Command):
    """Delete a team in which nothing is left, or purge it (admin)."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_named(parser, "team")
        parser.add_argument(
            "--purge",
            action="store_true",
            help="Have an agent delete all that is in the team: racks, "
            "servers, volumes, networks; the team last.",
        )
        waiting.add_options(parser, "purge")
        return parser

    def take_action(self, args: argparse.Namespace) -> None:
        waiting.check(args)
        if args.wait and not args.purge:
            raise ValueError("--wait: only a --purge takes time")
        team, region = (
            team_id(self.client, args.team, args.region),
            args.region,
        )
        if not args.purge:
            self.client.teams.delete(team, region=region)
            return
        asked = self.client.teams.purge(team, region=region)
        self.note(f"operation {asked['id']}: {asked['state']}")
        if args.wait:
            self._wait(asked, args.timeout)

    def _wait(self, asked: Item, timeout: float | None) -> None:
        said: list[Any] = [None]

        def told(operation: Item) -> None:
            left = operation["arguments"].get("left")
            if left not in (None, {}, said[-1]):
                said.append(left)
                counts = ", ".join(f"{n} {kind}" for kind, n in left.items())
                self.note(f"left: {counts}")

        found = self.client.operations.finished(
            asked, timeout=timeout, interval=waiting.INTERVAL, told=told
        )
        if found["state"] != "done":
            why = found["error"] or "nobody knows why"
            raise errors.ClientError(f"the purge is {found['state']}: {why}")
        self.note(f"operation {found['id']}: done")


def team_id(client: Any, name_or_id: str, region: str | None) -> str:
    """Return the id of a team; one that the view does not show (yet, or any
    more), the API may know by it."""
    try:
        found: str = client.teams.find(name_or_id, region=region)["id"]
    except errors.NotFound:
        return name_or_id
    return found


def _role(text: str) -> tuple[str, str]:
    user, equals, role = text.rpartition("=")
    if not equals or not user or not role:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not of the form <user>=<role>"
        )
    return user, role
