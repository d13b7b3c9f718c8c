"""openstack concertim user ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc import options, passwords
from concertim_api.osc.cells import named
from concertim_api.osc.commands import Command, PagedListCommand, ShowCommand
from concertim_api.osc.options import Alternatives, Parameter

COLUMNS = named("id name label email enabled region")

EMAIL = Parameter("--email", metavar="<address>", help="The e-mail address.")


class ListUser(PagedListCommand):
    """List the users of teams: of yours, or all (admin)."""

    columns = named("id name label email enabled", long="region updated_at")
    request = "users.list"
    arguments = (
        *options.conditions("region", "name"),
        *options.page(sort="id, name, updated_at"),
    )


class CreateUser(ShowCommand):
    """Create a user in Keystone, without any role (admin).

    A user of this name whom concertim created before is shown as is.
    """

    columns = COLUMNS
    request = "users.create"
    arguments = (
        Parameter("name", metavar="<name>", help="The login."),
        EMAIL,
        Parameter("--description", metavar="<text>", help="Who that is."),
        passwords.OPTIONS,
        options.REGION,
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        password = passwords.password(args, args.name)
        return self.output(args, self.send(args, password=password))


class SetUser(ShowCommand):
    """Change a user whom concertim created (admin)."""

    columns = COLUMNS
    request = "users.update"
    arguments = (
        *options.reference("user"),
        EMAIL,
        passwords.OPTIONS,
        Alternatives(
            Parameter(
                "--enable",
                dest="enabled",
                action="store_const",
                const=True,
                help="Let the user log in.",
            ),
            options.Option(
                "--disable",
                dest="enabled",
                action="store_const",
                const=False,
                help="Let the user log in no more.",
            ),
        ),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        password = passwords.password(args, args.user)
        return self.output(args, self.send(args, password=password))


class DeleteUser(Command):
    """Delete a user whom concertim created (admin)."""

    request = "users.delete"
    arguments = options.reference("user")
