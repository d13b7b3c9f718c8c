"""Accounts: one for each team."""

from __future__ import annotations

import uuid

from concertim_api.domain.billing.accounts import Account
from concertim_api.services.billing.balances import Balance, Balances
from concertim_api.services.billing.ports import AccountStore
from concertim_api.services.common.listing import Listing, Page, Scope, equal
from concertim_api.services.common.ports import Clock
from concertim_api.services.ledger.ports import NameReader
from concertim_api.services.view.lists import team_names


class Accounts:
    def __init__(
        self,
        accounts: AccountStore,
        names: NameReader,
        balances: Balances,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._names = names
        self._balances = balances
        self._clock = clock

    def list(self, scope: Scope, listing: Listing) -> Page:
        """Return a page of accounts, the newest first. 2 statements."""
        return self._named(self._accounts.page(scope.listing(listing)))

    def get(self, scope: Scope, account_id: str) -> Page:
        """Return an account with its balance, as a page.

        2 statements, and those of ``Balances``: a list has no balances.
        Raises NotFound.
        """
        account = self._accounts.get(account_id, scope.filters())
        page, balance = (
            self._named(Page([account])),
            self._balances.of(account),
        )
        return page.with_fields(
            {
                **page.computed,
                "balance": lambda row: balance.amount,
                "currency": lambda row: balance.currency,
            }
        )

    def balance(self, scope: Scope, account_id: str) -> Balance:
        """Return what an account has left.

        1 statement, and those of ``Balances``. Raises NotFound.
        """
        account = self._accounts.get(account_id, scope.filters())
        return self._balances.of(account)

    def open(self, project_id: str) -> str:
        """Return the id of a project's account, which is made if there is
        none. 1 statement; 4 if it is made."""
        listing = Listing(equal(project_id=project_id), limit=1)
        if not (rows := self._accounts.page(listing).rows):
            now = self._clock.now()
            self._accounts.add([Account(str(uuid.uuid4()), project_id, now)])
            rows = self._accounts.page(listing).rows
        account_id: str = rows[0].id
        return account_id

    def _named(self, page: Page) -> Page:
        """Return a page with the names of the teams."""
        names = team_names(self._names, page.rows)
        return page.with_fields(
            {"team": lambda row: names.get(row.project_id)}
        )
