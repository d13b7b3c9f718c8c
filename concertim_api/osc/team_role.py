"""openstack concertim team role ..."""

from __future__ import annotations

import argparse
import dataclasses as dc
from typing import Any

from concertim_api.client.teams import TeamRole
from concertim_api.osc import confirmation, options
from concertim_api.osc.cells import every
from concertim_api.osc.commands import Command, ListCommand, ShowCommand
from concertim_api.osc.options import Parameter

#: ``role`` is the one of ``[operations] team_roles``; ``roles`` are all that
#: Keystone knows, and confuse beside it.
COLUMNS = tuple(
    dc.replace(column, long=column.name == "roles")
    for column in every(TeamRole)
)

MEMBER = (
    *options.reference("team", "team_id"),
    options.Reference(
        "user",
        field="user_id",
        help="Id of a user, or the name of one whom you see.",
    ),
)


class ListTeamRole(ListCommand):
    """List who has which role in a team.

    With --long also all of the user's roles in Keystone.
    """

    columns = COLUMNS
    nouns = "roles"
    request = "teams.roles"
    arguments = options.reference("team", "team_id")


class SetTeamRole(ShowCommand):
    """Give a user a role in a team; it replaces the present one.

    The manager of a team may do this in this team.
    """

    columns = COLUMNS
    request = "teams.set_role"
    arguments = (
        *MEMBER,
        Parameter("role", help="The role, such as admin or member."),
    )


class UnsetTeamRole(Command):
    """Revoke a user's role in a team; without a role, all roles."""

    request = "teams.unset_role"
    arguments = (
        *MEMBER,
        Parameter("role", nargs="?", help="The role."),
        confirmation.YES,
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        role = f"the role {args.role}" if args.role else "all roles"
        question = f"Take {role} in the team {args.team} from {args.user}?"
        confirmation.confirm(self, args, question)
        return super().take_action(args)
