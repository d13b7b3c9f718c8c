"""Charges: what each period costs, and why."""

from __future__ import annotations

import dataclasses as dc
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from concertim_api.domain import errors
from concertim_api.domain.billing import amounts
from concertim_api.domain.billing.rating import ChargeLine
from concertim_api.domain.billing.tariff import PriceList, PriceRule
from concertim_api.services.billing.rated_usage import RatedUsage
from concertim_api.services.common.listing import Listing, Page, Scope
from concertim_api.services.ledger.ports import Window

_Place = tuple[int, ...]


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a period costs in [start, end), and why: quantity times price,
    less the discount.

    ``rule`` None: it is unpriced, and ``quantity`` are hours. ``amount`` has
    10 decimals: amounts are rounded when they are added up.
    """

    region: str
    kind: str
    resource_id: str
    name: str | None
    project_id: str | None
    rack_id: str | None
    rack_name: str | None
    type: str | None
    state: str | None
    start: datetime
    end: datetime
    tariff: str | None
    quantity: Decimal
    rule: str | None = None
    unit: str | None = None
    count: str = "hour"
    price: Decimal | None = None
    discount_percent: Decimal | None = None
    amount: Decimal | None = None


class Charges:
    def __init__(self, usage: RatedUsage) -> None:
        self._usage = usage

    def list(self, scope: Scope, listing: Listing, window: Window) -> Page:
        """Return a page of Charges within a window. ``sort`` by resource_id
        (default: as they were first seen), start or amount.

        The window ends now at the latest. Each page costs what
        ``RatedUsage`` says.
        """
        prices, span = self._usage.prices(), self._usage.span(window)
        lines = self._usage.lines(prices, scope, listing.filters, span, [span])
        places = sorted(
            ((_place(line, listing.sort), line) for line in lines),
            key=operator.itemgetter(0),
        )
        if listing.marker is not None:
            after = _checked(listing)
            places = [each for each in places if each[0] > after]
        page, rest = places[: listing.limit], places[listing.limit :]
        rows = [_charge(line, prices) for _, line in page]
        return Page(rows, page[-1][0] if rest else None)


#: A marker has no room for more digits, nor for a larger number.
_MILLIONTH = amounts.AMOUNT_SCALE // 10**6

#: What lines are sorted by; whole numbers, so that both directions sort.
_ORDERS: Mapping[str, Callable[[ChargeLine], int]] = {
    "resource_id": lambda line: line.period.resource,
    "start": lambda line: int(line.start.timestamp()),
    "amount": lambda line: min(line.amount // _MILLIONTH, 2**62),
}

#: What makes the place of a line unique.
_UNIQUE = (
    _ORDERS["resource_id"],
    _ORDERS["start"],
    lambda line: line.rule.place if line.rule else -1,
)


def _place(line: ChargeLine, sort: Sequence[tuple[str, bool]]) -> _Place:
    """Return the place of a line among all of a window. It is unique."""
    return (
        *(
            -_ORDERS[name](line) if is_down else _ORDERS[name](line)
            for name, is_down in sort
        ),
        *(number(line) for number in _UNIQUE),
    )


def _checked(listing: Listing) -> _Place:
    """Return the place of a marker, which comes back from a caller."""
    marker = listing.marker or ()
    length = len(listing.sort) + len(_UNIQUE)
    if len(marker) != length or any(type(n) is not int for n in marker):
        raise errors.Invalid("marker", "not of this list")
    return marker


def _charge(line: ChargeLine, prices: PriceList) -> Charge:
    profile, names, rule = line.period.profile, line.period.names, line.rule
    assert names is not None
    return Charge(
        region=profile.region,
        kind=profile.kind,
        resource_id=names.id,
        name=names.name,
        project_id=profile.project or None,
        rack_id=names.rack_id,
        rack_name=names.rack_name,
        type=profile.type or None,
        state=profile.state or None,
        start=line.start,
        end=line.end,
        tariff=prices.in_force(line.start.date()).name or None,
        quantity=amounts.decimal(line.quantity, amounts.QUANTITY_SCALE, 6),
        **(_priced(line, rule) if rule else {}),
    )


def _priced(line: ChargeLine, rule: PriceRule) -> dict[str, Any]:
    """Return the fields that only what is priced has."""
    return {
        "rule": rule.name,
        "unit": rule.unit,
        "count": rule.count,
        "price": amounts.price(line.price),
        "discount_percent": amounts.decimal(
            100 * line.discount, amounts.SHARE_SCALE, 2
        ),
        "amount": amounts.decimal(line.amount, amounts.AMOUNT_SCALE, 10),
    }
