"""/v1/accounts"""

from __future__ import annotations

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import accounts as policies
from concertim_api.services.billing.accounts import Accounts
from concertim_api.services.common.listing import Listing, Page


class Account(types.Item):
    """The account of a team: what its bills are made out to."""

    id = types.text
    project_id = types.text
    team = types.text
    created_at = types.time


class AccountWithBalance(Account):
    """The account of a team, and what it has left now."""

    balance = types.money
    currency = types.text


class AccountList(types.List):
    accounts = [Account]


class AccountsController(Controller):
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    @expose(
        AccountList,
        policy=policies.LIST,
        since="1.4",
        filters=types.texts("project_id"),
        sort=("-created_at",),
    )
    def get_all(self, context: Context, listing: Listing) -> Page:
        """List accounts, the newest first. Each team has one."""
        scope = context.scope(policies.LIST_ALL)
        return self._accounts.list(scope, listing)

    @expose(AccountWithBalance, policy=policies.LIST, since="1.4")
    def get_one(self, context: Context, account_id: str) -> Page:
        """Show an account, and what it has left.

        That is what it was granted, less what it was charged up to now: days
        that are not settled yet are rated, which a list does not do.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._accounts.get(scope, account_id)
