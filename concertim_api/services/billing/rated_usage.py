"""Rated usage: the charge lines of a window."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from concertim_api.domain import errors
from concertim_api.domain.billing.rating import (
    ChargeLine,
    PriceListRater,
    Span,
    UsagePeriod,
    midnight,
    reach_of,
)
from concertim_api.domain.billing.tariff import PriceList
from concertim_api.domain.ledger.kinds import Kind
from concertim_api.services.billing.ports import BilledUsage, PriceSource
from concertim_api.services.common.listing import Filter, Scope
from concertim_api.services.common.ports import Clock
from concertim_api.services.ledger.archives import check_archive
from concertim_api.services.ledger.periods import check_window
from concertim_api.services.ledger.ports import NameReader, Window
from concertim_api.services.ledger.type_names import Dictionary

#: Periods that a request rates, at most: some seconds of work.
MAX_PERIODS = 100_000

#: More than any project has; a limit of a statement must be a number.
_ANY = 10**9

#: The fields of a profile that are read only if a condition looks at them.
_SELDOM = ("availability_zone", "domain")


class RatedUsage:
    """Rates the periods of a window when it is asked.

    Each call takes 7 statements at most, and reads the periods that overlap
    the window: ``most`` at most. If a tariff has tiers, it reads those of the
    month; if it has shares or pieces, all that their resources had before.
    """

    def __init__(
        self,
        usage: BilledUsage,
        prices: PriceSource,
        names: NameReader,
        clock: Clock,
        kinds: Mapping[str, Kind],
        most: int = MAX_PERIODS,
    ) -> None:
        self._usage = usage
        self._prices = prices
        self._clock = clock
        self._most = most
        self._dictionary = Dictionary(names, kinds)
        others = (name for name, kind in kinds.items() if not kind.used)
        self._unused = Filter("kind", "nin", tuple(others))

    def without_limit(self) -> RatedUsage:
        """Return one that rates as many periods as there are: nobody waits
        for it."""
        usage = copy.copy(self)
        usage._most = _ANY
        return usage

    def prices(self) -> PriceList:
        """Return the price list as it is now."""
        return self._prices.prices()

    def archived_before(self) -> datetime | None:
        """Return the moment from which on all usage is there. 1
        statement."""
        return self._usage.archived_before()

    def span(self, window: Window) -> Span:
        """Return the span of a window. It ends now at the latest: the future
        costs nothing yet."""
        if window.start is None:
            raise errors.Invalid("start", "missing")
        check_window(window)
        now = self._clock.now().replace(microsecond=0)
        end = max(min(window.end or now, now), window.start)
        return Span(window.start, end)

    def month_up_to(self, at: datetime | None = None) -> Span:
        """Return the month so far, as of a moment; None: as of now. As of
        the end of a month, it is all of it."""
        end = at or self._clock.now().replace(microsecond=0)
        last = (end - timedelta(seconds=1)).date()
        return Span(midnight(last.replace(day=1)), end)

    def lines(
        self,
        prices: PriceList,
        scope: Scope,
        filters: Sequence[Filter],
        span: Span,
        parts: Iterable[Span],
    ) -> Iterator[ChargeLine]:
        """Yield the lines of a span, in each of its parts.

        Raises Archived if it reaches into what is archived, and Invalid if
        the periods are too many.
        """
        if span.start == span.end:
            return
        periods = self._periods(prices, scope, filters, span)
        rater = PriceListRater(prices)
        for part in parts:
            for line in rater.lines(periods, part):
                if line.period.names:
                    yield line

    def _periods(
        self,
        prices: PriceList,
        scope: Scope,
        filters: Sequence[Filter],
        span: Span,
    ) -> Sequence[UsagePeriod]:
        if not any(condition.field == "kind" for condition in filters):
            filters = (*filters, self._unused)
        tariffs = prices.valid_within(span.start.date(), span.end.date())
        reach = reach_of(span) if any(t.has_tiers for t in tariffs) else None
        periods = self._usage.periods(
            scope.filters(self._dictionary.filters(filters)),
            Window(*span),
            self._dictionary.types,
            self._most + 1,
            reach=Window(*reach) if reach else None,
            whole=any(tariff.has_runs for tariff in tariffs),
            looks_at=[
                name
                for name in _SELDOM
                if any(tariff.looks_at(name) for tariff in tariffs)
            ],
        )
        if len(periods) > self._most:
            raise errors.Invalid(
                "start",
                f"more than {self._most} periods decide the prices; "
                "narrow the window, or name a project",
            )
        # After it: an archive may be made meanwhile.
        check_archive(self._usage, (reach or span).start)
        return periods
