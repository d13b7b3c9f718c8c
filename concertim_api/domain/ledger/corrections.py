"""Corrections: windows of time in which a person outranks the cloud."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable
from datetime import datetime

from concertim_api.domain.ledger.observations import (
    CORRECTIONS,
    Observation,
    Period,
    Says,
    merge_shapes,
)

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
    periods: tuple[Period, ...], correction: Observation
) -> tuple[Period, ...]:
    """Return the periods with a correction in the window of it."""
    start = correction.at
    end = correction.until or correction.reported_at.replace(microsecond=0)
    if start >= end:
        return periods
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
    return _join(sorted(pieces, key=lambda p: p.start))


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


def _join(periods: Iterable[Period]) -> tuple[Period, ...]:
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
    return tuple(result)
