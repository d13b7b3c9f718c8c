"""What accounts have left, and what their open months come to up to now."""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from concertim_api.domain.billing import invoices as domain
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.invoices import Invoice
from concertim_api.domain.billing.rating import Span, midnight
from concertim_api.domain.billing.settlement import (
    DailyRecord,
    Settlement,
    begun,
)
from concertim_api.domain.billing.tariff import PriceList
from concertim_api.domain.errors import Conflict
from concertim_api.services.billing.ports import (
    BalanceReader,
    SettlementReader,
)
from concertim_api.services.billing.rated_usage import RatedUsage
from concertim_api.services.billing.record_source import RecordSource
from concertim_api.services.common.ports import Clock


class Balance(NamedTuple):
    """What an account was granted, less what it was charged up to now.

    ``currency`` None: there is no tariff.
    """

    amount: Decimal
    currency: str | None


@dc.dataclass(frozen=True, slots=True)
class Balances:
    """Works out what accounts owe at this moment.

    What is not settled yet is rated: of each account 5 statements, and those
    of ``RatedUsage``, which reads the periods of its project since the first
    day that is not settled.
    """

    settlements: SettlementReader
    balances: BalanceReader
    usage: RatedUsage
    clock: Clock

    def of(self, account: Account) -> Balance:
        """Return the balance of an account.

        It is charged its invoices, and for each open month what the invoice
        would be now, with tax. 2 statements more.
        """
        now, prices = self.clock.now(), self.usage.prices()
        settlement = self._settlement(account)
        charged = self.balances.billed(account.id, settlement.open_month)
        records = self._records(settlement, prices, now)
        for month, group in records.items():
            charged += domain.draft(
                settlement, month, group, prices, now
            ).total
        amount = self.balances.granted(account.id) - charged
        return Balance(amount, prices.currency or None)

    def draft(self, account: Account) -> Invoice:
        """Return what the invoice of the open month of an account would be
        now. Raises Conflict if there is no tariff."""
        now, prices = self.clock.now(), self.usage.prices()
        if not prices.tariffs:
            raise Conflict("There is no tariff: nothing has a price.")
        settlement = self._settlement(account)
        month = settlement.open_month
        records = self._records(settlement, prices, now).get(month, ())
        return domain.draft(settlement, month, records, prices, now)

    def _settlement(self, account: Account) -> Settlement:
        return self.settlements.get(account.id) or begun(account)

    def _records(
        self, settlement: Settlement, prices: PriceList, now: datetime
    ) -> Mapping[date, Sequence[DailyRecord]]:
        """Return the records of each open month, as if all were settled.

        They are read once: an agent that settles meanwhile changes nothing.
        """
        records = self.settlements.unbilled(settlement)
        source = RecordSource(self.settlements, self.usage)
        start = midnight(source.first(settlement))
        span = Span(start, max(start, now.replace(microsecond=0)))
        months = collections.defaultdict[date, list[DailyRecord]](list)
        lacking = source.lacking(settlement, prices, span, records)
        for each in (*records, *lacking):
            if each.month >= settlement.open_month:
                months[each.month].append(each)
        return months
