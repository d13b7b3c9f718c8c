"""openstack concertim account ..."""

from __future__ import annotations

import argparse

from concertim_api.client.accounts import AccountWithBalance
from concertim_api.osc import options
from concertim_api.osc.cells import every, named
from concertim_api.osc.commands import PagedListCommand, ShowCommand
from concertim_api.osc.options import Caller, Values


class ListAccount(PagedListCommand):
    """List accounts: each team has one, and its bills are made out to it."""

    columns = named("id project created_at", long="team project_id")
    request = "accounts.list"
    arguments = (options.Scope(), *options.page())


class AccountOf(options.Project):
    """The account of a project, by its name or id; one request more."""

    def __init__(self) -> None:
        super().__init__(
            "The project of the account (name or id); without it, the one "
            "that you are logged in to."
        )

    def values(self, caller: Caller, args: argparse.Namespace) -> Values:
        values = super().values(caller, args)
        project_id = values["project_id"] or caller.client.project_id
        for account in caller.client.accounts.list(project_id=project_id):
            return {"account_id": account["id"]}
        raise ValueError(f"the project {project_id} has no account")


class ShowAccount(ShowCommand):
    """Show an account, and what it has left now."""

    columns = every(AccountWithBalance)
    request = "accounts.find"
    arguments = options.beginning("an account")
