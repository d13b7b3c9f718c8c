"""Accounts: one for each team."""

from __future__ import annotations

from concertim_api.services.billing.balances import Balances
from concertim_api.services.billing.ports import AccountReader
from concertim_api.services.common.listing import Listing, Page, Scope
from concertim_api.services.ledger.ports import NameReader
from concertim_api.services.view.lists import team_names


class Accounts:
    def __init__(
        self, accounts: AccountReader, names: NameReader, balances: Balances
    ) -> None:
        self._accounts = accounts
        self._names = names
        self._balances = balances

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

    def _named(self, page: Page) -> Page:
        """Return a page with the names of the teams."""
        names = team_names(self._names, page.rows)
        return page.with_fields(
            {"team": lambda row: names.get(row.project_id)}
        )
