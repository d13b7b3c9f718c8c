"""What a set of observations means: the convergence law, as a function."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from concertim_api.domain.ledger import corrections as overlays
from concertim_api.domain.ledger.observations import (
    CORRECTIONS,
    Life,
    Observation,
    Period,
    merged,
    updated,
)


class Step(NamedTuple):
    """A life after one more fact, and the periods that the fact changed.

    ``put`` replaces the period of the same start, or adds one; ``drop``
    names the start of a period that turned out empty.
    """

    life: Life
    put: tuple[Period, ...] = ()
    drop: datetime | None = None


def step(life: Life, fact: Observation) -> Step:
    """Take the newest observation of a resource.

    Only for what ``life.takes``. Stepping through observations in their
    order gives what ``fold`` gives: that is how ``fold`` works.
    """
    if fact.says == "absent":
        return _absent(life, fact)
    if fact.says == "gone":
        return _gone(life, fact)
    if life.ended == "gone" and fact.says != "restored":
        return Step(dc.replace(life, order=fact.order))
    return _alive(life, fact)


def _alive(life: Life, fact: Observation) -> Step:
    project_id = fact.project_id or life.project_id
    shape = merged(life.shape, fact.shape)
    unchanged = shape == life.shape and project_id == life.project_id
    if life.ended == "gone" or (life.start and not unchanged):
        start = fact.at
    else:
        start = life.start or min(fact.at, fact.since or fact.at)
    now = Life(
        order=fact.order,
        project_id=project_id,
        shape=shape,
        details=updated(life.details, fact.details),
        start=start,
    )
    if life.start is None or life.ended == "gone":
        return Step(now, put=(now.period(),))
    if unchanged:  # it ran all the time, whatever a listing lacked
        return Step(now, put=(now.period(),) if life.ended else ())
    before = (life.period(start),) if start > life.start else ()
    return Step(now, put=(*before, now.period()))


def _gone(life: Life, fact: Observation) -> Step:
    now = dc.replace(life, order=fact.order, ended="gone")
    if life.ended == "gone":
        return Step(now)
    if life.start is None:
        return _lived_unseen(now, fact)
    return _closed(life, now, fact.at)


def _absent(life: Life, fact: Observation) -> Step:
    if not life.runs:
        return Step(dc.replace(life, order=fact.order))
    now = dc.replace(life, order=fact.order, ended="absent")
    return _closed(life, now, fact.at)


def _closed(life: Life, now: Life, end: datetime) -> Step:
    assert life.start is not None
    if end > life.start:
        return Step(dc.replace(now, end=end), put=(life.period(end),))
    return Step(dc.replace(now, end=life.start), drop=life.start)


def _lived_unseen(now: Life, fact: Observation) -> Step:
    """Its deletion is the first that we hear of it: believe the obituary."""
    now = dc.replace(
        now,
        project_id=fact.project_id,
        shape=fact.shape,
        details=fact.details,
    )
    if fact.since is None or fact.since >= fact.at:
        return Step(now)
    now = dc.replace(now, start=fact.since, end=fact.at)
    return Step(now, put=(now.period(fact.at),))


@dc.dataclass(frozen=True, slots=True)
class History:
    """All that a set of observations of one resource means."""

    life: Life
    periods: tuple[Period, ...]


def fold(observations: Iterable[Observation]) -> History:
    """Return the history that a *set* of observations of one resource means.

    The order in which they came does not matter, nor do repetitions.
    """
    facts = sorted(
        {o.key: o for o in observations}.values(), key=lambda o: o.order
    )
    corrections = sorted(
        (o for o in facts if o.says in CORRECTIONS),
        key=lambda o: (o.reported_at, o.key),
    )
    if corrections:
        facts = sorted(overlays.cloud_words(facts), key=lambda o: o.order)
    life = Life(corrected=bool(corrections))
    periods: dict[datetime, Period] = {}
    for fact in facts:
        life, put, drop = step(life, fact)
        if drop is not None:
            periods.pop(drop, None)
        for period in put:
            periods[period.start] = period
    life = dc.replace(life, corrected=bool(corrections))
    found = tuple(sorted(periods.values(), key=lambda p: p.start))
    for correction in corrections:
        found = overlays.overlaid(found, correction)
    if corrections:
        life = _showing(life, found)
    return History(life, found)


def _showing(life: Life, periods: tuple[Period, ...]) -> Life:
    """Return a corrected life with the latest period as it is now told."""
    if not periods:
        return dc.replace(life, start=None, end=None)
    latest = periods[-1]
    return dc.replace(
        life,
        project_id=latest.project_id,
        shape=latest.shape,
        start=latest.start,
        end=latest.end,
        ended=None if latest.end is None else life.ended or "gone",
    )
