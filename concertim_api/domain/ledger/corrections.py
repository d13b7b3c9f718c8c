"""Corrections: windows of time in which a person's word holds."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable
from datetime import datetime

from concertim_api.domain.ledger.observations import (
    CORRECTIONS,
    Observation,
    Period,
    Says,
    merged,
)

#: What a correction without end leaves behind, in the cloud's own words.
_LEAVES: dict[str, Says] = {
    "set": "restored",
    "amend": "alive",
    "void": "gone",
}


def cloud_words(facts: Iterable[Observation]) -> Iterable[Observation]:
    """Yield the facts, with an open correction as the fact it leaves behind.

    A correction without end says how things are now. What the cloud says
    after it counts again.
    """
    for fact in facts:
        if fact.says not in CORRECTIONS:
            yield fact
        elif fact.until is None:
            yield dc.replace(
                fact,
                at=fact.reported_at.replace(microsecond=0),
                says=_LEAVES[fact.says],
            )


def overlaid(
    periods: tuple[Period, ...], fix: Observation
) -> tuple[Period, ...]:
    """Return the periods with [fix.at, fix.until) as the correction says."""
    start = fix.at
    end = fix.until or fix.reported_at.replace(microsecond=0)
    if start >= end:
        return periods
    pieces: list[Period] = []
    covered = start
    for period in periods:
        before, inside, after = _cut(period, start, end)
        if before:
            pieces.append(before)
        if inside and fix.says != "void":
            if fix.says == "set" and covered < inside.start:
                pieces.append(_by_hand(covered, inside.start, fix))
            pieces.append(_rewritten(inside, fix))
            covered = inside.end or end
        if after:
            pieces.append(after)
    if fix.says == "set" and covered < end:
        pieces.append(_by_hand(covered, end, fix))
    return _joined(sorted(pieces, key=lambda p: p.start))


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


def _by_hand(start: datetime, end: datetime, fix: Observation) -> Period:
    return Period(start, end, fix.project_id, fix.shape)


def _rewritten(period: Period, fix: Observation) -> Period:
    return dc.replace(
        period,
        project_id=fix.project_id or period.project_id,
        shape=merged(period.shape, fix.shape),
    )


def _joined(periods: Iterable[Period]) -> tuple[Period, ...]:
    """Return the periods with equal neighbours made one."""
    joined: list[Period] = []
    for period in periods:
        last = joined[-1] if joined else None
        if (
            last
            and last.end == period.start
            and last.project_id == period.project_id
            and last.shape == period.shape
        ):
            joined[-1] = dc.replace(last, end=period.end)
        else:
            joined.append(period)
    return tuple(joined)
