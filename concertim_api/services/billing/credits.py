"""Credits: what accounts are granted, by whom and why."""

from __future__ import annotations

import dataclasses as dc
import uuid
from decimal import Decimal

from concertim_api.domain.billing import amounts
from concertim_api.domain.billing.credits import Credit
from concertim_api.domain.errors import Conflict, Invalid
from concertim_api.services.billing.ports import (
    AccountReader,
    CreditStore,
    PriceSource,
)
from concertim_api.services.common.listing import Listing, Page, Scope
from concertim_api.services.common.ports import Clock


@dc.dataclass(frozen=True, slots=True)
class Credits:
    """A credit is never changed."""

    accounts: AccountReader
    credits: CreditStore
    prices: PriceSource
    clock: Clock

    def list(self, scope: Scope, listing: Listing) -> Page:
        """Return a page of credits, the newest first. 1 statement."""
        return self.credits.page(scope.listing(listing))

    def get(self, scope: Scope, credit_id: str) -> Credit:
        """Return a credit. 1 statement. Raises NotFound."""
        return self.credits.get(credit_id, scope.filters())

    def grant(
        self,
        scope: Scope,
        author: str,
        account_id: str,
        amount: Decimal,
        reason: str,
        key: str | None = None,
    ) -> Credit:
        """Grant an amount to an account; return the credit.

        With a ``key`` that the account's credit has already, that credit is
        returned. 3 statements; 4 with a key. Raises NotFound; Invalid for
        parts of a coin; Conflict if there is no currency, or the key is that
        of another amount or reason.
        """
        amount = _checked(amount, self.prices.prices().currency)
        account = self.accounts.get(account_id, scope.filters())
        credit = Credit(
            id=str(uuid.uuid4()),
            account_id=account.id,
            project_id=account.project_id,
            amount=amount,
            reason=reason,
            author=author,
            created_at=self.clock.now(),
            key=key,
        )
        stored = self.credits.add(credit)
        if not stored.is_same_grant(credit):
            raise Conflict(f"Credit {stored.id} has this key, and differs.")
        return stored


def _checked(amount: Decimal, currency: str) -> Decimal:
    """Return an amount in coins, and all of their digits."""
    if not currency:
        raise Conflict("There is no tariff, and so no currency.")
    if amount <= 0:
        raise Invalid("amount", "not more than 0")
    coins = amounts.coins([amount], currency)
    if coins != amount:
        raise Invalid(
            "amount", f"has parts of the smallest coin of {currency}"
        )
    return coins
