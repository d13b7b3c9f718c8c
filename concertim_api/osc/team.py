"""openstack concertim team ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.client import errors
from concertim_api.osc import options, waiting
from concertim_api.osc.cells import Attributes, Column, Moment, plain
from concertim_api.osc.commands import Command, Item, PagedListing, Showing
from concertim_api.osc.options import Option, Parameter

COLUMNS = (
    *plain("id", "name", "label", "enabled", "description"),
    *plain("region", "billing_account_id", "cost", "credits", long=True),
    Column("updated_at", Moment, long=True),
)


def _role(text: str) -> tuple[str, str]:
    """Return user and role, as written in an option."""
    user, equals, role = text.rpartition("=")
    if not equals or not user or not role:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not of the form <user>=<role>"
        )
    return user, role


class ListTeam(PagedListing):
    """List teams: the projects that may have racks."""

    columns = (*COLUMNS, Column("roles", Attributes, long=True))
    request = "teams.list"
    arguments = (
        *options.conditions("region", "name"),
        *options.page(sort="id, name, updated_at"),
    )


class ShowTeam(Showing):
    """Show a team, and who has which roles in it."""

    columns = (*COLUMNS, Column("roles", Attributes))
    request = "teams.find"
    arguments = options.named("team")


class CreateTeam(Showing):
    """Create a team: a project of Keystone, and the roles in it (admin).

    A team of this name that concertim created before is completed.
    """

    columns = (*COLUMNS, Column("roles", Attributes))
    request = "teams.create"
    arguments = (
        Parameter("name", metavar="<name>", help="The name of the project."),
        Parameter(
            "--description", metavar="<text>", help="What the team does."
        ),
        Option(
            "--role",
            dest="roles",
            action="append",
            default=[],
            type=_role,
            metavar="<user>=<role>",
            help="Who (name or id) is what in the team; may be repeated.",
        ),
        options.REGION,
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        roles = [
            (options.id_of(self.client.users, user, args.region), role)
            for user, role in args.roles
        ]
        return self.shown(args, self.send(args, roles=roles))


class DeleteTeam(Command):
    """Delete a team in which nothing is left, or purge it (admin)."""

    arguments = (
        *options.identified("team"),
        Option(
            "--purge",
            action="store_true",
            help="Have an agent delete all that is in the team: racks, "
            "servers, volumes, networks; the team last.",
        ),
        *waiting.options("purge"),
    )

    def take_action(self, args: argparse.Namespace) -> None:
        waiting.check(args)
        if args.wait and not args.purge:
            raise ValueError("--wait: only a --purge takes time")
        team = self.values(args)
        if not args.purge:
            self.client.teams.delete(**team)
            return
        operation = self.client.teams.purge(**team)
        self.note(f"operation {operation['id']}: {operation['state']}")
        if args.wait:
            self._wait(operation, args.timeout)

    def _wait(self, purge: Item, timeout: float | None) -> None:
        last: Any = None

        def progress(operation: Item) -> None:
            nonlocal last
            left = operation["arguments"].get("left")
            if left not in (None, {}, last):
                last = left
                counts = ", ".join(f"{n} {kind}" for kind, n in left.items())
                self.note(f"left: {counts}")

        operation = self.client.operations.wait(
            purge,
            timeout=timeout,
            interval=waiting.INTERVAL,
            progress=progress,
        )
        if operation["state"] != "done":
            raise errors.ClientError(
                f"the purge is {operation['state']}: "
                + (operation["error"] or "nobody knows why")
            )
        self.note(f"operation {operation['id']}: done")
