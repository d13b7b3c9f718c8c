"""Rating: from periods to charge lines.

What a span costs is exact, so that the sum of the parts of a span is
that of the whole, at any split of it:

* A second costs its part of an hour. Of a rule with a share, a share is
  charged when it starts; shares count from when the resource began to be
  priced by this rule, at this count.
* A piece is charged when the first period of its resource starts.
* In tiers, the price of a UTC day is one: what the quantity of that day adds
  to the total of the month, of one project by one rule, divided by the
  quantity. It is rounded half up to 12 decimals.
"""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from typing import NamedTuple

from concertim_api.domain.billing.amounts import (
    COUNT_SCALE,
    QUANTITY_SCALE,
    SHARE_SCALE,
)
from concertim_api.domain.billing.tariff import (
    PriceList,
    PriceRule,
    Profile,
    Tariff,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_ONE_DAY = timedelta(days=1)
_DAY = 86400

#: Seconds since 1970, after any end.
_OPEN = 2**62


class BilledResource(NamedTuple):
    """The names of a resource, and of the rack that it is in, if any."""

    id: str
    name: str | None
    rack_id: str | None = None
    rack_name: str | None = None


class UsagePeriod(NamedTuple):
    """[start, end) in which a resource had one profile; end None: it runs.

    ``resource``: a number for each resource, of any kind and region.
    ``names``: None: it only decides what others cost.
    """

    resource: int
    start: datetime
    end: datetime | None
    profile: Profile
    names: BilledResource | None = None


class ChargeLine(NamedTuple):
    """What a period costs in [start, end) by a rule; None: it is unpriced.

    ``quantity`` in 1/``QUANTITY_SCALE``: of what the rule counts; hours, if
    it is unpriced. ``price`` of one in 1/``PRICE_SCALE``. ``discount`` in
    1/``SHARE_SCALE``. ``amount`` in 1/``AMOUNT_SCALE``: their product.
    """

    period: UsagePeriod
    start: datetime
    end: datetime
    rule: PriceRule | None
    quantity: int
    price: int = 0
    discount: int = 0
    amount: int = 0


class Span(NamedTuple):
    """[start, end) of time, in UTC."""

    start: datetime
    end: datetime


class _Meter(NamedTuple):
    """Counts what a rule charges of a period. Times are seconds since 1970.

    ``per_second``: what it counts, in 1/``COUNT_SCALE``. ``began``: from when
    on its shares count. ``is_first``: the period is the first of its resource.
    """

    period: UsagePeriod
    rule: PriceRule
    per_second: int
    start: int
    end: int
    began: int
    is_first: bool

    def quantity(self, start: int, end: int) -> int:
        """Return what it charges in [start, end)."""
        rule = self.rule
        if rule.is_piece:
            starts = self.is_first and start <= self.start < end
            return QUANTITY_SCALE if starts else 0
        start, end = max(start, self.start), min(end, self.end)
        if start >= end:
            return 0
        if share := rule.share:
            begun = (self.began - start) // share - (self.began - end) // share
            return self.per_second * share * begun
        return self.per_second * (end - start)


def rate(
    periods: Iterable[UsagePeriod], tariff: Tariff, span: Span
) -> Iterator[ChargeLine]:
    """Yield what periods cost by a tariff in a span.

    The periods come by resource, and by their start. They are all that their
    resources have, if the tariff ``has_runs``; and all of their projects in
    ``reach_of`` the span, if it ``has_tiers``. A line of a tier is of one
    day.
    """
    return Rater(tariff).lines(periods, span)


class PriceListRater:
    """Rates span after span by the tariffs of a price list."""

    def __init__(self, prices: PriceList) -> None:
        self._prices = prices
        self._raters: dict[tuple[int, date], Rater] = {}

    def lines(
        self, periods: Sequence[UsagePeriod], span: Span
    ) -> Iterator[ChargeLine]:
        """Yield the lines of ``rate``, each by the tariff of its day."""
        days = itertools.groupby(days_of(span), self._prices.in_force)
        for tariff, group in days:
            valid = [*group]
            part = Span(
                max(midnight(valid[0]), span.start),
                min(midnight(valid[-1] + _ONE_DAY), span.end),
            )
            yield from self._rater(tariff, valid[0]).lines(periods, part)

    def _rater(self, tariff: Tariff, day: date) -> Rater:
        since = self._prices.in_force_since(day)
        key = id(tariff), since
        if key not in self._raters:
            self._raters[key] = Rater(tariff, since)
        return self._raters[key]


class Rater:
    """Rates span after span by a tariff.

    ``since``: the day from which on the tariff is in force. What was used
    before had other prices: it starts no share of this tariff, and fills none
    of its tiers. The rater remembers which rules price which profile.
    """

    def __init__(self, tariff: Tariff, since: date = date.min) -> None:
        self._tariff = tariff
        self._applied: dict[Profile, tuple[tuple[PriceRule, int], ...]] = {}
        self._since = _seconds(midnight(max(since, tariff.start)))

    def lines(
        self, periods: Iterable[UsagePeriod], span: Span
    ) -> Iterator[ChargeLine]:
        """Yield the lines of ``rate``."""
        span = self._valid(span)
        start, end = map(_seconds, span)
        if start == end:
            return
        reach = reach_of(span) if self._tariff.has_tiers else span
        tiered = collections.defaultdict(list)
        for period, meters in self._metered(periods, reach):
            if not meters and _overlaps(period, span):
                yield _unpriced(period, span)
            for meter in meters:
                if len(meter.rule.tiers) > 1:
                    key = period.profile.project, meter.rule.place
                    tiered[key].append(meter)
                elif quantity := meter.quantity(start, end):
                    price = meter.rule.tiers[0].price
                    yield self._line(meter, span, quantity, price)
        for group in tiered.values():
            yield from self._tiered(group, span)

    def _valid(self, span: Span) -> Span:
        """Return the part of a span in which the tariff is valid."""
        tariff = self._tariff
        start = max(span.start, midnight(tariff.start))
        end = min(span.end, midnight(tariff.end or date.max))
        return Span(start, max(start, end))

    def _metered(
        self, periods: Iterable[UsagePeriod], span: Span
    ) -> Iterator[tuple[UsagePeriod, Sequence[_Meter]]]:
        """Yield the periods within a span, and what counts each."""
        has_runs = self._tariff.has_runs
        previous: dict[int, _Meter] = {}
        resource = None
        for period in periods:
            overlaps = _overlaps(period, span)
            if not (overlaps or has_runs):
                continue
            is_first = period.resource != resource
            if is_first:
                resource, previous = period.resource, {}
            meters = [*self._meters(period, is_first, previous)]
            previous = {meter.rule.place: meter for meter in meters}
            if overlaps:
                yield period, meters

    def _meters(
        self,
        period: UsagePeriod,
        is_first: bool,
        previous: Mapping[int, _Meter],
    ) -> Iterator[_Meter]:
        """Yield what counts a period, after the meters of the one before."""
        applied = self._applied.get(period.profile)
        if applied is None:
            applied = self._tariff.applied(period.profile)
            self._applied[period.profile] = applied
        start = _seconds(period.start)
        end = _OPEN if period.end is None else _seconds(period.end)
        for rule, count in applied:
            before = previous.get(rule.place)
            began = max(start, self._since)
            if before and (before.end, before.per_second) == (start, count):
                began = before.began
            yield _Meter(period, rule, count, start, end, began, is_first)

    def _tiered(
        self, meters: Sequence[_Meter], span: Span
    ) -> Iterator[ChargeLine]:
        """Yield the lines of a project by a rule with tiers, day by day."""
        rule = meters[0].rule
        before = None
        for day, running in _by_day(meters, span):
            start = _seconds(midnight(day))
            if before is None or day.day == 1:
                before = _sum(meters, self._first(start), start)
            quantity = _sum(running, start, start + _DAY)
            if not quantity:
                continue
            total = rule.total(before + quantity) - rule.total(before)
            price = (2 * total + quantity) // (2 * quantity)
            before += quantity
            part = part_of_day(day, span)
            ends = [*map(_seconds, part)]
            for meter in running:
                if amount := meter.quantity(*ends):
                    yield self._line(meter, part, amount, price)

    def _first(self, start: int) -> int:
        """Return the start of the month of a moment; the moment from which
        on the tariff is in force, if it is later."""
        month = _month((_EPOCH + start * _SECOND).date())
        return max(_seconds(month), self._since)

    def _line(
        self, meter: _Meter, span: Span, quantity: int, price: int
    ) -> ChargeLine:
        period = meter.period
        discount = self._tariff.discounts.get(period.profile.project, 0)
        return ChargeLine(
            period,
            *_clipped(period, span),
            meter.rule,
            quantity,
            price,
            discount,
            quantity * price * (SHARE_SCALE - discount),
        )


def midnight(day: date) -> datetime:
    """Return the start of a UTC day."""
    return datetime.combine(day, time(), UTC)


def reach_of(span: Span) -> Span:
    """Return the time whose usage decides the prices of tiers in a span:
    from the start of its month to the end of its last day."""
    last = (span.end - _SECOND).date()
    return Span(_month(span.start.date()), midnight(last + _ONE_DAY))


def _by_day(
    meters: Iterable[_Meter], span: Span
) -> Iterator[tuple[date, Sequence[_Meter]]]:
    """Yield the days of a span, and the meters that run on each."""
    later = collections.deque(sorted(meters, key=attrgetter("start")))
    running: list[_Meter] = []
    for day in days_of(span):
        start = _seconds(midnight(day))
        running = [meter for meter in running if meter.end > start]
        while later and later[0].start < start + _DAY:
            meter = later.popleft()
            if meter.end > start:
                running.append(meter)
        yield day, running


def _sum(meters: Iterable[_Meter], start: int, end: int) -> int:
    return sum(meter.quantity(start, end) for meter in meters)


def _unpriced(period: UsagePeriod, span: Span) -> ChargeLine:
    start, end = _clipped(period, span)
    seconds = _seconds(end) - _seconds(start)
    return ChargeLine(period, start, end, None, COUNT_SCALE * seconds)


def _overlaps(period: UsagePeriod, span: Span) -> bool:
    return period.start < span.end and (
        period.end is None or span.start < period.end
    )


def _clipped(period: UsagePeriod, span: Span) -> Span:
    start = max(period.start, span.start)
    return Span(start, min(period.end or span.end, span.end))


def days_of(span: Span) -> Iterator[date]:
    """Yield the UTC days that a span touches."""
    day = span.start.date()
    while midnight(day) < span.end:
        yield day
        day += _ONE_DAY


def part_of_day(day: date, span: Span) -> Span:
    start = midnight(day)
    end = start + _ONE_DAY
    return Span(max(start, span.start), min(end, span.end))


def _month(day: date) -> datetime:
    """Return the start of the month of a day."""
    return midnight(day.replace(day=1))


def _seconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _SECOND
