"""Stages: how the periods of a resource become others, some at a time.

The newest come first. Between two stages the periods are, from a moment on,
what they are to be; before it, what they were. They never overlap.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from concertim_api.domain.ledger.observations import (
    EVER,
    FOREVER,
    START,
    Period,
    clip,
)


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
    end = FOREVER
    is_last = False
    while not is_last:
        # Two more may differ: a period that is cut at the beginning, and one
        # that begins where the stage before was cut.
        is_last = len(starts) <= most - 2
        begin = EVER if is_last else starts[-(most - 2)]
        del starts[-(most - 2) :]
        first = min([begin, *(p.start for p in _previous(before, begin))])
        last = max([end, *(p.end or FOREVER for p in _previous(after, end))])
        old = [*clip(before, first, end), *clip(after, end, last)]
        new = [*clip(before, first, begin), *clip(after, begin, last)]
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


def _previous(periods: Sequence[Period], moment: datetime) -> Sequence[Period]:
    """Return the last period that begins before a moment, if there is one."""
    place = bisect.bisect_left(periods, moment, key=START)
    return periods[max(place - 1, 0) : place]
