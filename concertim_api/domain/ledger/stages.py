"""Stages: how the periods of a resource become others, some at a time.

The newest come first. Between two stages the periods are, from a moment on,
what they are to be; before it, what they were. They never overlap.
"""

from __future__ import annotations

import bisect
import dataclasses as dc
import operator
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from concertim_api.domain.ledger.observations import Period

_START = operator.attrgetter("start")
_EVER = datetime.min.replace(tzinfo=UTC)
_FOREVER = datetime.max.replace(tzinfo=UTC)


class Stage(NamedTuple):
    """Periods of a span of time, as they were and as they are now.

    ``is_last``: nothing is left to be done.
    """

    before: Sequence[Period]
    after: Sequence[Period]
    is_last: bool


def stages(
    before: Sequence[Period], after: Sequence[Period], most: int
) -> Iterator[Stage]:
    """Yield the stages by which some periods become others, one at least.

    Both are by their starts. In a stage so many periods differ at most; in
    each but the last, one does. The work for all stages is linear.
    """
    starts = _differing(before, after)
    if len(starts) <= most:
        yield Stage(before, after, True)
        return
    end = _FOREVER
    is_last = False
    while not is_last:
        # Two more may differ: a period that is cut at the beginning, and one
        # that begins where the stage before was cut.
        is_last = len(starts) <= most - 2
        begin = _EVER if is_last else starts[-(most - 2)]
        del starts[-(most - 2) :]
        cut, seam = _across(before, begin), _across(after, end)
        first = cut.start if cut else begin
        last = _end(seam) if seam else end
        old = [*_clip(before, first, end), *_clip(after, end, last)]
        new = [*_clip(before, first, begin), *_clip(after, begin, last)]
        if old != new or is_last:
            yield Stage(old, new, is_last)
        end = begin


def _differing(
    before: Sequence[Period], after: Sequence[Period]
) -> list[datetime]:
    old = {period.start: period for period in before}
    new = {period.start: period for period in after}
    starts = old.keys() | new.keys()
    return sorted(s for s in starts if old.get(s) != new.get(s))


def _end(period: Period) -> datetime:
    return period.end or _FOREVER


def _across(periods: Sequence[Period], moment: datetime) -> Period | None:
    """Return the period that begins before a moment, and ends after it."""
    place = bisect.bisect_left(periods, moment, key=_START)
    period = periods[place - 1] if place else None
    return period if period and _end(period) > moment else None


def _clip(
    periods: Sequence[Period], start: datetime, end: datetime
) -> Iterator[Period]:
    """Yield the periods in [start, end), cut to it."""
    if cut := _across(periods, start):
        yield _within(cut, start, end)
    first = bisect.bisect_left(periods, start, key=_START)
    last = bisect.bisect_left(periods, end, key=_START)
    for period in periods[first:last]:
        yield _within(period, start, end)


def _within(period: Period, start: datetime, end: datetime) -> Period:
    start, end = max(period.start, start), min(_end(period), end)
    if (start, end) == (period.start, _end(period)):
        return period
    running = end == _FOREVER
    return dc.replace(period, start=start, end=None if running else end)
