"""Costs: what usage costs, added up."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from concertim_api.domain import errors
from concertim_api.domain.billing import amounts
from concertim_api.domain.billing.rating import (
    ChargeLine,
    Span,
    days_of,
    midnight,
    part_of_day,
)
from concertim_api.domain.view.drawing.rack import RackCosts
from concertim_api.services.billing.ports import SettlementReader
from concertim_api.services.billing.rated_usage import RatedUsage
from concertim_api.services.common.listing import Filter, Scope
from concertim_api.services.ledger.ports import Window
from concertim_api.services.view.lists import in_region

#: The fields to group costs by.
GROUPS = (
    *("project_id", "rack_id", "resource_id", "kind", "type", "state"),
    *("region", "unit", "rule", "day"),
)
DEFAULT_GROUP = ("project_id",)

_AMOUNTS = ("amount", "unpriced_hours", "unsettled_amount")

MAX_DAYS = 400
MAX_ROWS = 10_000


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class CostTotal:
    """What a group costs. Fields that it is not grouped by are None.

    ``amount`` is half up to 4 decimals. ``unpriced_hours``: the hours that no
    rule prices, of all resources. ``unsettled_amount``: what of the amount is
    of days that are to be settled yet. ``rack_name``, ``name``: those of the
    rack and of the resource that it is grouped by.
    """

    project_id: str | None = None
    rack_id: str | None = None
    rack_name: str | None = None
    resource_id: str | None = None
    name: str | None = None
    kind: str | None = None
    type: str | None = None
    state: str | None = None
    region: str | None = None
    unit: str | None = None
    rule: str | None = None
    day: date | None = None
    amount: Decimal
    unpriced_hours: Decimal
    unsettled_amount: Decimal


class CostReport(NamedTuple):
    """Costs within [start, end), and the fields that they have.

    ``amount``, ``unpriced_hours`` and ``unsettled_amount`` are those of all
    rows. ``currency`` None: there is no tariff.
    """

    rows: Sequence[CostTotal]
    fields: tuple[str, ...]
    start: datetime
    end: datetime
    currency: str | None
    amount: Decimal
    unpriced_hours: Decimal
    unsettled_amount: Decimal


class Costs:
    """``settlements`` None: nobody owes anything."""

    def __init__(
        self, usage: RatedUsage, settlements: SettlementReader | None = None
    ) -> None:
        self._usage = usage
        self._settlements = settlements

    def report(
        self,
        scope: Scope,
        filters: Sequence[Filter],
        window: Window,
        group: Sequence[str] = DEFAULT_GROUP,
    ) -> CostReport:
        """Return what usage within a window costs, by group.

        The window ends now at the latest. It costs what ``RatedUsage`` says,
        and 1 statement.
        """
        prices, span = self._usage.prices(), self._usage.span(window)
        first_days = self._first_days(scope)
        parts = [*_parts(span, first_days or {})]
        if "day" in group:
            parts = [part_of_day(day, span) for day in days_of(span)]
            if len(parts) > MAX_DAYS:
                raise errors.Invalid(
                    "start", f"at most {MAX_DAYS} days can be shown by day"
                )
        lines = self._usage.lines(prices, scope, filters, span, parts)
        sums = _sums(group, lines, first_days)
        return CostReport(
            [_total(group, sums[key]) for key in sorted(sums)],
            (*_fields(group), *_AMOUNTS),
            *span,
            prices.currency or None,
            amounts.recorded(sum(each.amount for each in sums.values())),
            _hours(sum(each.unpriced for each in sums.values())),
            amounts.recorded(sum(each.unsettled for each in sums.values())),
        )

    def _first_days(self, scope: Scope) -> Mapping[str, date] | None:
        """Return the first day that is to be settled, by project."""
        if self._settlements is None:
            return None
        return self._settlements.first_days(scope.filters())

    def of_rack(
        self,
        scope: Scope,
        rack_id: str,
        region: str | None = None,
        at: datetime | None = None,
    ) -> RackCosts | None:
        """Return what a rack cost in the month so far, for its picture; with
        ``at`` as of that moment. None: there is no tariff.

        It costs what ``RatedUsage`` says, whether there is such a rack or
        not.
        """
        filters = (Filter("rack_id", "eq", rack_id), *in_region(region))
        month = Window(*self._usage.month_up_to(at))
        report = self.report(scope, filters, month, ("resource_id",))
        if report.currency is None:
            return None
        return RackCosts(
            report.start,
            report.currency,
            report.amount,
            report.unpriced_hours,
            {
                str(row.resource_id): row.amount
                for row in report.rows
                if row.amount or not row.unpriced_hours
            },
        )


@dc.dataclass(slots=True)
class _Sum:
    """What the lines of a group add up to; ``line`` is the last of them."""

    line: ChargeLine
    amount: int = 0
    unpriced: int = 0
    unsettled: int = 0

    def add(self, line: ChargeLine, *, is_settled: bool) -> None:
        self.line = line
        self.amount += line.amount
        if not is_settled:
            self.unsettled += line.amount
        if line.rule is None:
            self.unpriced += line.quantity


def _parts(span: Span, first_days: Mapping[str, date]) -> Iterator[Span]:
    """Yield a span in parts, each of which is settled for a project, or is
    not."""
    start = span.start
    for day in sorted({*first_days.values()}):
        if start < midnight(day) < span.end:
            yield Span(start, midnight(day))
            start = midnight(day)
    yield Span(start, span.end)


def _sums(
    group: Sequence[str],
    lines: Iterable[ChargeLine],
    first_days: Mapping[str, date] | None,
) -> dict[tuple[str, ...], _Sum]:
    sums: dict[tuple[str, ...], _Sum] = {}
    values = [_VALUES[name] for name in group]
    for line in lines:
        key = tuple(value(line) or "" for value in values)
        if key not in sums:
            sums[key] = _Sum(line)
        first = date.max
        if first_days is not None:
            project = line.period.profile.project or ""
            first = first_days.get(project, date.min)
        sums[key].add(line, is_settled=line.start.date() < first)
        if len(sums) > MAX_ROWS:
            raise errors.Invalid(
                "group_by",
                f"gives more than {MAX_ROWS} rows; "
                "narrow the window or the filters",
            )
    return sums


def _fields(group: Sequence[str]) -> Iterator[str]:
    """Yield the fields of a group, with the names of what has some."""
    for name in group:
        yield name
        if name in _NAMES:
            yield _NAMES[name]


def _total(group: Sequence[str], sums: _Sum) -> CostTotal:
    values: dict[str, Any] = {
        name: _VALUES[name](sums.line) or None for name in _fields(group)
    }
    if "day" in values:
        values["day"] = sums.line.start.date()
    return CostTotal(
        **values,
        amount=amounts.recorded(sums.amount),
        unpriced_hours=_hours(sums.unpriced),
        unsettled_amount=amounts.recorded(sums.unsettled),
    )


def _hours(quantity: int) -> Decimal:
    return amounts.decimal(quantity, amounts.QUANTITY_SCALE, 6)


#: What is grouped by its id -> the field with its name.
_NAMES = {"rack_id": "rack_name", "resource_id": "name"}

#: A field -> what a line has there, as a text.
_VALUES: Mapping[str, Callable[[Any], str | None]] = {
    "project_id": lambda line: line.period.profile.project,
    "rack_id": lambda line: line.period.names.rack_id,
    "rack_name": lambda line: line.period.names.rack_name,
    "resource_id": lambda line: line.period.names.id,
    "name": lambda line: line.period.names.name,
    "kind": lambda line: line.period.profile.kind,
    "type": lambda line: line.period.profile.type,
    "state": lambda line: line.period.profile.state,
    "region": lambda line: line.period.profile.region,
    "unit": lambda line: line.rule and line.rule.unit,
    "rule": lambda line: line.rule and line.rule.name,
    "day": lambda line: line.start.date().isoformat(),
}
