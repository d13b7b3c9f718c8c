"""Which records days lack: what they are charged, less what they were."""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Callable, Collection, Sequence
from datetime import date

from concertim_api.domain.billing import settlement as domain
from concertim_api.domain.billing.invoices import next_month
from concertim_api.domain.billing.orders import Order, charged_order
from concertim_api.domain.billing.rating import (
    ChargeLine,
    Span,
    days_of,
    midnight,
    part_of_day,
)
from concertim_api.domain.billing.settlement import (
    DailyRecord,
    OrderDay,
    Settlement,
)
from concertim_api.domain.billing.tariff import PriceList
from concertim_api.services.billing.ports import SettlementReader
from concertim_api.services.billing.rated_usage import RatedUsage
from concertim_api.services.common.listing import Scope


@dc.dataclass(frozen=True, slots=True)
class RecordSource:
    """Works out anew what the days of an account are charged."""

    settlements: SettlementReader
    usage: RatedUsage

    def first(self, settlement: Settlement) -> date:
        """Return the first day of an account that is to be settled, and has
        all its usage: what is archived has its invoice. 1 statement."""
        before = self.usage.archived_before()
        if before is None:
            return settlement.first
        month = before.date().replace(day=1)
        if midnight(month) < before:
            month = next_month(month)
        return max(settlement.first, month)

    def lacking(
        self,
        settlement: Settlement,
        prices: PriceList,
        span: Span,
        records: Sequence[DailyRecord],
    ) -> Sequence[DailyRecord]:
        """Return the records that the days of a span lack.

        ``records``: those that there are of an account. The span begins with
        a day; of its last day, it may have a part. 1 statement, and those of
        ``RatedUsage``.
        """
        days = {*days_of(span)}
        records = [each for each in records if each.day in days]
        orders = self.settlements.orders(settlement.account_id)
        lines = self.usage.lines(
            prices,
            Scope(settlement.project_id),
            (),
            span,
            [part_of_day(day, span) for day in sorted(days)],
        )
        places = {record.place for record in records}
        desired = domain.charged(
            lines, _order_of(settlement.account_id, orders, places)
        )
        return [*domain.corrections(desired, records, settlement.open_month)]


def _order_of(
    account_id: str, orders: Sequence[Order], places: Collection[OrderDay]
) -> Callable[[ChargeLine], str]:
    """Return what says to which order a line of a day is charged: that of its
    rack; without one, to the account itself."""
    by_stack = collections.defaultdict(list)
    for order in orders:
        by_stack[order.region, order.stack_id].append(order)
    chosen: dict[tuple[str, str | None, date], str] = {}

    def order_of(line: ChargeLine) -> str:
        profile, names, day = (
            line.period.profile,
            line.period.names,
            line.start.date(),
        )
        rack_id = names.rack_id if names else None
        place = profile.region, rack_id, day
        if place not in chosen:
            stack = by_stack.get((profile.region, rack_id))
            recorded = {o.id for o in stack or () if (o.id, day) in places}
            chosen[place] = (
                charged_order(stack, recorded) if stack else account_id
            )
        return chosen[place]

    return order_of
