"""Charges: what each period costs, and why."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Sequence
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
        """Return a page of Charges within a window, by resource and time.

        The window ends now at the latest. Each page costs what
        ``RatedUsage`` says.
        """
        prices, span = self._usage.prices(), self._usage.span(window)
        lines = sorted(
            self._usage.lines(prices, scope, listing.filters, span, [span]),
            key=_place,
        )
        if listing.marker is not None:
            after = _checked(listing.marker)
            lines = [line for line in lines if _place(line) > after]
        page, rest = lines[: listing.limit], lines[listing.limit :]
        rows = [_charge(line, prices) for line in page]
        return Page(rows, _place(page[-1]) if rest else None)


def _place(line: ChargeLine) -> tuple[int, int, int]:
    """Return the place of a line among all of a window. It is unique."""
    seconds = int(line.start.timestamp())
    return line.period.resource, seconds, line.rule.place if line.rule else -1


def _checked(marker: Sequence[Any]) -> tuple[Any, ...]:
    if len(marker) != 3 or any(type(value) is not int for value in marker):
        raise errors.Invalid("marker", "not of this list")
    return tuple(marker)


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
