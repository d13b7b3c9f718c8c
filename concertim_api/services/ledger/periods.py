"""Usage periods: which project had which resource, from when to when."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from concertim_api.domain import errors
from concertim_api.domain.ledger.kinds import Kind
from concertim_api.services.common.listing import (
    Computed,
    Filter,
    Listing,
    Page,
    Scope,
)
from concertim_api.services.common.ports import Clock
from concertim_api.services.ledger.archives import check_archive, check_moment
from concertim_api.services.ledger.ports import (
    LifetimeReader,
    PeriodReader,
    PeriodRow,
    Window,
)
from concertim_api.services.ledger.type_names import Dictionary


class Periods:
    def __init__(
        self, ledger: PeriodReader, clock: Clock, kinds: Mapping[str, Kind]
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._dictionary = Dictionary(ledger, kinds)

    def list(
        self,
        scope: Scope,
        listing: Listing,
        window: Window,
        *,
        clip: bool = False,
    ) -> Page:
        """Return the periods that overlap the window.

        ``clip`` shows the part of each period within the window. A running
        period ends at the window's end or now, whichever is first.
        Statements: those of ``PeriodReader.periods``, and 1 for each
        condition on the type. Raises Archived if the window begins or ends in
        what is archived.
        """
        check_window(window)
        filters = scope.filters(self._dictionary.filters(listing.filters))
        listing = dc.replace(listing, filters=filters)
        page = self._ledger.periods(listing, window, self._dictionary.types)
        check_moment(page.archived_before, window.start or window.end)
        if window.start is not None:
            page = dc.replace(page, archived_before=None)
        if not clip:
            return page
        return page.with_fields(clipped(window, self._clock.now()))

    def get(self, scope: Scope, period_id: int) -> Page:
        """Return one period, as a page of one."""
        listing = Listing((Filter("id", "eq", period_id),), limit=1)
        page = self.list(scope, listing, Window())
        if not page.rows:
            archive = ", or archived" if page.archived_before else ""
            raise errors.NotFound(f"Period {period_id} not found{archive}.")
        return page


class Lifetimes:
    """The periods of resources, each resource's from its first to its last."""

    def __init__(
        self, ledger: LifetimeReader, names: Dictionary, kinds: Sequence[str]
    ) -> None:
        self._ledger = ledger
        self._dictionary = names
        self._kinds = Filter("kind", "in", tuple(kinds))

    def stream(
        self, scope: Scope, filters: Sequence[Filter], window: Window
    ) -> Iterator[PeriodRow]:
        """Yield what ``LifetimeReader.lifetimes`` does. 2 statements, and no
        more memory for more rows.

        Raises Archived if the window begins or ends in what is archived.
        """
        check_archive(self._ledger, window.start or window.end)
        filters = scope.filters((self._kinds, *filters))
        return self._ledger.lifetimes(filters, window, self._dictionary.types)

    def counts(self) -> tuple[int, int]:
        """Return how many periods there are, and how many of them run."""
        return self._ledger.period_counts(self._kinds.value)


def check_window(window: Window) -> None:
    """Raise Invalid unless the window holds time."""
    if window.start and window.end and window.end <= window.start:
        raise errors.Invalid("end", "must be after start")


def clipped(window: Window, now: datetime) -> Computed:
    """Return the fields that show the part of periods within a window."""
    if window.start is None and window.end is None:
        raise errors.Invalid("clip", "needs start or end")
    return {
        "start": lambda row: _start(row, window.start),
        "end": lambda row: _end(row, window.end, now),
    }


def _start(row: PeriodRow, first: datetime | None) -> datetime:
    return max(row.start, first) if first else row.start


def _end(
    row: PeriodRow, last: datetime | None, now: datetime
) -> datetime | None:
    if last is None:
        return row.end
    if row.end is None:
        return max(min(last, now), row.start)
    return min(row.end, last)
