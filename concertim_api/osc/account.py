"""openstack concertim account ..."""

from __future__ import annotations

from concertim_api.client.accounts import Account
from concertim_api.osc import options
from concertim_api.osc.cells import every, named
from concertim_api.osc.commands import PagedListCommand, ShowCommand


class ListAccount(PagedListCommand):
    """List accounts: each team has one, and its bills are made out to it."""

    columns = named("id project created_at", long="team project_id")
    request = "accounts.list"
    arguments = (options.Scope(), *options.page())


class ShowAccount(ShowCommand):
    """Show an account."""

    columns = every(Account)
    request = "accounts.find"
    arguments = options.beginning("an account")
