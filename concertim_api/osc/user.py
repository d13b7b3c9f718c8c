"""openstack concertim user ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.client import errors
from concertim_api.osc import options, passwords
from concertim_api.osc.cells import Column, Moment
from concertim_api.osc.commands import Command, PagedListing, Showing

COLUMNS = (
    Column("id"),
    Column("name"),
    Column("label"),
    Column("email"),
    Column("enabled"),
    Column("region"),
)


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


class CreateUser(Showing):
    """Create a user in Keystone, without any role (admin).

    A user of this name whom concertim created before is shown as is.
    """

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", metavar="<name>", help="The login.")
        _add_email(parser)
        parser.add_argument(
            "--description", metavar="<text>", help="Who that is."
        )
        passwords.add_options(parser)
        options.add_region(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        user = self.client.users.create(
            args.name,
            email=args.email,
            password=passwords.given(args, args.name),
            description=args.description,
            region=args.region,
        )
        return self.shown(args, user)


class SetUser(Showing):
    """Change a user whom concertim created (admin)."""

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_named(parser, "user")
        _add_email(parser)
        passwords.add_options(parser)
        group = parser.add_mutually_exclusive_group()
        for name, enabled in (("enable", True), ("disable", False)):
            group.add_argument(
                f"--{name}",
                dest="enabled",
                action="store_const",
                const=enabled,
                help="Let the user log in."
                if enabled
                else "Let the user log in no more.",
            )
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        user = self.client.users.update(
            user_id(self.client, args.user, args.region),
            email=args.email,
            password=passwords.given(args, args.user),
            enabled=args.enabled,
            region=args.region,
        )
        return self.shown(args, user)


class DeleteUser(Command):
    """Delete a user whom concertim created (admin)."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_named(parser, "user")
        return parser

    def take_action(self, args: argparse.Namespace) -> None:
        found = user_id(self.client, args.user, args.region)
        self.client.users.delete(found, region=args.region)


def user_id(client: Any, name_or_id: str, region: str | None) -> str:
    """Return the id of a user; whom the view does not show (yet, or not to
    the caller), the API may know by it."""
    try:
        found: str = client.users.find(name_or_id, region=region)["id"]
    except errors.NotFound:
        return name_or_id
    return found


def _add_email(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--email", metavar="<address>", help="The e-mail address."
    )
