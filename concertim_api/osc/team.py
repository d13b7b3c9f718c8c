"""openstack concertim team ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.client import errors
from concertim_api.osc import confirmation, options, waiting
from concertim_api.osc.cells import Attributes, Column, named
from concertim_api.osc.commands import (
    Command,
    PagedListCommand,
    Row,
    ShowCommand,
)
from concertim_api.osc.options import Caller, Option, Parameter, Values

COLUMNS = named(
    "id name label enabled description",
    long="region billing_account_id cost credits updated_at",
)

ROLES = Column("roles", Attributes)


def _role(text: str) -> tuple[str, str]:
    """Return the user and the role of an option."""
    user, equals, role = text.rpartition("=")
    if not equals or not user or not role:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not of the form <user>=<role>"
        )
    return user, role


class _Roles(Parameter):
    """The users of a team, by their names or ids, and their roles."""

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        users = caller.client.users
        roles = [
            (options.id_of(users, user, args.region), role)
            for user, role in args.roles
        ]
        return {"roles": roles}


class ListTeam(PagedListCommand):
    """List teams: the projects that may have racks."""

    columns = (*COLUMNS, Column("roles", Attributes, long=True))
    request = "teams.list"
    arguments = (
        *options.conditions("region", "name"),
        *options.page(sort="id, name, updated_at"),
    )


class ShowTeam(ShowCommand):
    """Show a team, and who has which roles in it."""

    columns = (*COLUMNS, ROLES)
    request = "teams.find"
    arguments = options.name_or_id("team")

    def take_action(self, args: argparse.Namespace) -> Any:
        """Show the team; a table has the names of its users, by a request."""
        team = self.send(args)
        if args.formatter == "table" and team["roles"]:
            users = self.client.users.list(
                fields="id,name", region=team["region"]
            )
            names = {user["id"]: user["name"] for user in users}
            roles = {
                f"{names[user]} ({user})" if user in names else user: words
                for user, words in team["roles"].items()
            }
            team = {**team, "roles": roles}
        return self.output(args, team)


class CreateTeam(ShowCommand):
    """Create a team: a project of Keystone, and the roles in it (admin).

    A team of this name that concertim created before is completed.
    """

    columns = (*COLUMNS, ROLES)
    request = "teams.create"
    arguments = (
        Parameter("name", help="The name of the project."),
        Parameter(
            "--description", metavar="<text>", help="What the team does."
        ),
        _Roles(
            "--role",
            dest="roles",
            action="append",
            default=[],
            type=_role,
            metavar="<user>=<role>",
            help="A user (name or id) and the role in the team; may be "
            "repeated.",
        ),
        options.REGION,
    )


class DeleteTeam(Command):
    """Delete an empty team, or purge a team (admin)."""

    arguments = (
        *options.reference("team"),
        Option.flag(
            "--purge",
            "Have an agent delete everything in the team: racks, servers, "
            "volumes, networks; the team last.",
        ),
        *waiting.options("purge"),
        confirmation.YES,
    )

    def take_action(self, args: argparse.Namespace) -> None:
        waiting.check(args)
        if args.wait and not args.purge:
            raise ValueError("--wait: only a --purge takes time")
        team = self.values(args)
        if confirmation.is_needed(self, args):
            question = self._question(args, team["thing_id"])
            confirmation.confirm(self, args, question)
        if not args.purge:
            self.client.teams.delete(**team)
            return
        operation = self.client.teams.purge(**team)
        self.note(f"operation {operation['id']}: {operation['state']}")
        if args.wait:
            self._wait(operation, args.timeout)

    def _question(self, args: argparse.Namespace, team_id: str) -> str:
        """Return what to ask; for a purge, one request for the racks."""
        if not args.purge:
            return f"Delete the team {args.team}?"
        racks = self.client.racks.list(project_id=team_id, fields="name")
        names = ", ".join(rack["name"] for rack in racks)
        return (
            f"Delete the team {args.team} with all that is in it, "
            f"of racks: {names or 'none'}?"
        )

    def _wait(self, purge: Row, timeout: float | None) -> None:
        last: Any = None

        def progress(operation: Row) -> None:
            nonlocal last
            remains = operation["arguments"].get("left")
            if remains not in (None, {}, last):
                last = remains
                counts = (f"{n} {kind}" for kind, n in remains.items())
                self.note(f"left: {', '.join(counts)}")

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
