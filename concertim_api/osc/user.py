"""openstack concertim user ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc import confirmation, options
from concertim_api.osc.cells import named
from concertim_api.osc.commands import Command, PagedListCommand, ShowCommand
from concertim_api.osc.options import Parameter
from concertim_api.osc.passwords import Password

COLUMNS = named("id name label email enabled region")

EMAIL = Parameter("--email", metavar="<address>", help="The e-mail address.")


class ListUser(PagedListCommand):
    """List the users of your team, or all users (admin)."""

    columns = named("id name label email enabled", long="region updated_at")
    request = "users.list"
    arguments = (
        *options.conditions("region", "name"),
        *options.page(sort="id, name, updated_at"),
    )


class CreateUser(ShowCommand):
    """Create a user in Keystone, without any role (admin).

    A user of this name whom concertim created before is shown unchanged.
    """

    columns = COLUMNS
    request = "users.create"
    arguments = (
        Parameter("name", help="The login."),
        EMAIL,
        Parameter("--description", metavar="<text>", help="Who the user is."),
        Password("name"),
        options.REGION,
    )


class SetUser(ShowCommand):
    """Change a user whom concertim created (admin)."""

    columns = COLUMNS
    request = "users.update"
    arguments = (
        *options.reference("user"),
        EMAIL,
        Password("user"),
        options.either(
            "enabled",
            yes=("--enable", "Let the user log in."),
            no=("--disable", "Do not let the user log in."),
        ),
    )


class DeleteUser(Command):
    """Delete a user whom concertim created (admin)."""

    request = "users.delete"
    arguments = (*options.reference("user"), confirmation.YES)

    def take_action(self, args: argparse.Namespace) -> Any:
        question = f"Delete the user {args.user}, and all of the user's roles?"
        confirmation.confirm(self, args, question)
        return super().take_action(args)
