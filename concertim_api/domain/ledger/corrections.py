"""Corrections: windows of time in which a person outranks the cloud."""

from __future__ import annotations

import bisect
import dataclasses as dc
import operator
from collections.abc import Iterable
from datetime import datetime

from concertim_api.domain.ledger.observations import (
    CORRECTIONS,
    Observation,
    Period,
    Says,
    merge_shapes,
)

_START = operator.attrgetter("start")

#: correction without end -> what the cloud would say at its moment.
_CLOUD_SAYS: dict[str, Says] = {
    "set": "restored",
    "amend": "alive",
    "void": "gone",
}


def cloud_facts(facts: Iterable[Observation]) -> Iterable[Observation]:
    """Yield the facts; a correction without end becomes one of the cloud.

    Such a correction is true at its moment. Later facts of the cloud count
    again. Other corrections are left out.
    """
    for fact in facts:
        if fact.says not in CORRECTIONS:
            yield fact
        elif fact.until is None:
            yield dc.replace(
                fact,
                at=fact.reported_at.replace(microsecond=0),
                says=_CLOUD_SAYS[fact.says],
            )


def overlay(
    periods: Iterable[Period], corrections: Iterable[Observation]
) -> tuple[Period, ...]:
    """Return the periods with corrections, each in the window of it.

    A later one is on top. Equal neighbours become one, if there is a window.
    The work of a correction grows with the periods in its window only.
    """
    windows = [(c.at, _end(c), c) for c in corrections if c.at < _end(c)]
    result = _join(periods) if windows else [*periods]
    for start, end, correction in windows:
        last = bisect.bisect_left(result, end, key=_START)
        first = bisect.bisect_right(result, start, key=_START)
        first = max(first - 1, 0)  # the period before may end in the window
        pieces = _pieces(result[first:last], correction, start, end)
        edge = max(first - 1, 0)
        before, after = result[edge:first], result[last : last + 1]
        result[edge : last + 1] = _join([*before, *pieces, *after])
    return tuple(result)


def _end(correction: Observation) -> datetime:
    return correction.until or correction.reported_at.replace(microsecond=0)


def _pieces(
    periods: Iterable[Period],
    correction: Observation,
    start: datetime,
    end: datetime,
) -> list[Period]:
    """Return what a correction of [start, end) makes of some periods."""
    pieces: list[Period] = []
    edge = start
    for period in periods:
        before, inside, after = _cut(period, start, end)
        if before:
            pieces.append(before)
        if inside and correction.says != "void":
            if correction.says == "set" and edge < inside.start:
                pieces.append(_period_of(correction, edge, inside.start))
            pieces.append(_rewrite(inside, correction))
            edge = inside.end or end
        if after:
            pieces.append(after)
    if correction.says == "set" and edge < end:
        pieces.append(_period_of(correction, edge, end))
    return sorted(pieces, key=_START)


def _cut(
    period: Period, start: datetime, end: datetime
) -> tuple[Period | None, Period | None, Period | None]:
    """Return the parts of a period before, in and after [start, end)."""
    if period.start >= end:
        return None, None, period
    if period.end is not None and period.end <= start:
        return period, None, None
    before = after = None
    inside = period
    if inside.start < start:
        before = dc.replace(inside, end=start)
        inside = dc.replace(inside, start=start)
    if inside.end is None or inside.end > end:
        after = dc.replace(inside, start=end)
        inside = dc.replace(inside, end=end)
    return before, inside, after


def _period_of(
    correction: Observation, start: datetime, end: datetime
) -> Period:
    return Period(start, end, correction.project_id, correction.shape)


def _rewrite(period: Period, correction: Observation) -> Period:
    return dc.replace(
        period,
        project_id=correction.project_id or period.project_id,
        shape=merge_shapes(period.shape, correction.shape),
    )


def _join(periods: Iterable[Period]) -> list[Period]:
    """Return the periods; equal neighbours become one."""
    result: list[Period] = []
    for period in periods:
        last = result[-1] if result else None
        if (
            last
            and last.end == period.start
            and last.project_id == period.project_id
            and last.shape == period.shape
        ):
            result[-1] = dc.replace(last, end=period.end)
        else:
            result.append(period)
    return result
