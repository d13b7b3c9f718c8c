"""The history of a resource: the convergence law, as a function."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from concertim_api.domain.ledger import corrections as overlays
from concertim_api.domain.ledger.observations import (
    CORRECTIONS,
    Life,
    Observation,
    Period,
    distinct,
    merge_mention,
    merge_shapes,
    update_details,
)


class Step(NamedTuple):
    """A life after one more observation, and the changes of its periods.

    ``put``: periods that are new, or replace the one with their start.
    ``drop``: the start of a period that is empty now.
    """

    life: Life
    put: tuple[Period, ...] = ()
    drop: datetime | None = None


def step(life: Life, fact: Observation) -> Step:
    """Return the step that the newest observation of a resource makes.

    Only for a fact that ``life.takes``. The steps of all observations, in
    their order, make the same history as ``fold``.
    """
    if fact.says == "absent":
        return _absent(life, fact)
    if fact.says == "gone":
        return _gone(life, fact)
    if life.ended == "gone" and fact.says != "restored":
        return Step(life._replace(order=fact.order))
    return _alive(life, fact)


def take(
    life: Life, facts: Iterable[Observation], periods: dict[datetime, Period]
) -> Life:
    """Return the life after more observations, in their order.

    The steps change ``periods``, which are by their starts.
    """
    for fact in facts:
        life, put, drop = step(life, fact)
        if drop is not None:
            periods.pop(drop, None)
        for period in put:
            periods[period.start] = period
    return life


def _alive(life: Life, fact: Observation) -> Step:
    project_id = fact.project_id or life.project_id
    merge = merge_mention if fact.says == "mentioned" else merge_shapes
    shape = merge(life.shape, fact.shape)
    is_same = shape == life.shape and project_id == life.project_id
    if life.ended == "gone" or (life.start and not is_same):
        start = fact.at
    else:
        start = life.start or min(fact.at, fact.since or fact.at)
    new = Life(
        order=fact.order,
        project_id=project_id,
        shape=shape,
        details=update_details(life.details, fact.details),
        start=start,
    )
    if life.start is None or life.ended == "gone":
        return Step(new, put=(new.period(),))
    if is_same:  # it ran all the time, whatever a listing lacked
        return Step(new, put=(new.period(),) if life.ended else ())
    before = (life.period(start),) if start > life.start else ()
    return Step(new, put=(*before, new.period()))


def _gone(life: Life, fact: Observation) -> Step:
    new = life._replace(order=fact.order, ended="gone")
    if life.ended == "gone":
        return Step(new)
    if life.start is None:
        return _whole_life(new, fact)
    return _end(life, new, fact.at)


def _absent(life: Life, fact: Observation) -> Step:
    if not life.runs:
        return Step(life._replace(order=fact.order))
    new = life._replace(order=fact.order, ended="absent")
    return _end(life, new, fact.at)


def _end(life: Life, new: Life, end: datetime) -> Step:
    assert life.start is not None
    if end > life.start:
        return Step(new._replace(end=end), put=(life.period(end),))
    return Step(new._replace(end=life.start), drop=life.start)


def _whole_life(new: Life, fact: Observation) -> Step:
    """Return a life of which only the deletion was observed."""
    new = new._replace(
        project_id=fact.project_id,
        shape=fact.shape,
        details=fact.details,
    )
    if fact.since is None or fact.since >= fact.at:
        return Step(new)
    new = new._replace(start=fact.since, end=fact.at)
    return Step(new, put=(new.period(fact.at),))


class History(NamedTuple):
    """A life, and the periods of a resource, the oldest first."""

    life: Life
    periods: tuple[Period, ...]


def fold(observations: Iterable[Observation]) -> History:
    """Return the history of a resource, from the set of its observations.

    Their order does not matter, nor do repetitions, whenever received.
    """
    facts = sorted(distinct(observations).values(), key=lambda o: o.order)
    corrections = sorted(
        (o for o in facts if o.says in CORRECTIONS),
        key=lambda o: (o.reported_at, o.key),
    )
    if corrections:
        facts = sorted(overlays.cloud_facts(facts), key=lambda o: o.order)
    by_start: dict[datetime, Period] = {}
    life = take(Life(), facts, by_start)
    life = life._replace(corrected=bool(corrections))
    periods = tuple(sorted(by_start.values(), key=lambda p: p.start))
    if corrections:
        periods = overlays.overlay(periods, corrections)
        life = _with_latest(life, periods)
    return History(life, periods)


def _with_latest(life: Life, periods: tuple[Period, ...]) -> Life:
    """Return a corrected life with the latest of these periods."""
    if not periods:
        return life._replace(start=None, end=None)
    latest = periods[-1]
    return life._replace(
        project_id=latest.project_id,
        shape=latest.shape,
        start=latest.start,
        end=latest.end,
        ended=None if latest.end is None else life.ended or "gone",
    )
