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
    clip,
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
    periods: Iterable[Period], corrections: Iterable[Observation]
) -> tuple[Period, ...]:
    """Return the periods with corrections, each in the window of it.

    A later one is on top. Equal neighbours become one, if there is a window.
    A correction looks at the periods in its window only.
    """
    windows = [(c.at, _end(c), c) for c in corrections if c.at < _end(c)]
    result = _join(periods) if windows else [*periods]
    for start, end, correction in windows:
        pieces = _pieces(clip(result, start, end), correction, start, end)
        before, after = clip(result, end=start), clip(result, start=end)
        joined = _join([*before[-1:], *pieces, *after[:1]])
        result = [*before[:-1], *joined, *after[1:]]
    return tuple(result)


def _end(correction: Observation) -> datetime:
    return correction.until or correction.reported_at.replace(microsecond=0)


def _pieces(
    periods: Iterable[Period],
    correction: Observation,
    start: datetime,
    end: datetime,
) -> list[Period]:
    """Return what a correction of [start, end) makes of the periods in it."""
    pieces: list[Period] = []
    if correction.says == "void":
        return pieces
    edge = start
    for period in periods:
        if correction.says == "set" and edge < period.start:
            pieces.append(_period_of(correction, edge, period.start))
        pieces.append(_rewrite(period, correction))
        edge = period.end or end
    if correction.says == "set" and edge < end:
        pieces.append(_period_of(correction, edge, end))
    return pieces


def _period_of(
    correction: Observation, start: datetime, end: datetime
) -> Period:
    return Period(start, end, correction.project_id, correction.shape)


def _rewrite(period: Period, correction: Observation) -> Period:
    return period._replace(
        project_id=correction.project_id or period.project_id,
        shape=merge_shapes(period.shape, correction.shape),
    )


def _join(periods: Iterable[Period]) -> list[Period]:
    """Return the periods; equal neighbours become one."""
    result: list[Period] = []
    for period in periods:
        last = result[-1] if result else None
        if last and last.end == period.start and last.is_like(period):
            result[-1] = last._replace(end=period.end)
        else:
            result.append(period)
    return result
