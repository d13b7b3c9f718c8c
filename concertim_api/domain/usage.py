"""Observations of cloud resources, and the usage periods they mean.

The convergence law: the periods of a resource are a pure function of the
*set* of its observations. The order in which they came, repetitions, and who
brought them (listener, replay, sync, a person) make no difference.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

Attributes = Mapping[str, Any]
Says = Literal["alive", "gone", "absent", "restored", "set", "void"]

#: Words of a person about a window of time; they outrank the cloud's.
CORRECTIONS = frozenset({"set", "void"})


class Ref(NamedTuple):
    """Which resource: ids are the cloud's own, unique per region and kind."""

    region: str
    kind: str
    id: str


class Order(NamedTuple):
    """The place of an observation in the history of its resource."""

    at: datetime
    reported_at: datetime
    key: str


_EVER = datetime.min.replace(tzinfo=UTC)
_BEFORE_ALL = Order(_EVER, _EVER, "")


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One source's word on one resource at one moment.

    ``says``:

    - *alive*: it had these attributes (those that the source knows, perhaps
      not all);
    - *gone*: the cloud reported the deletion;
    - *absent*: a complete listing lacked it, which is weaker than anything
      that the cloud says of it later;
    - *restored*: alive, even if it was gone before;
    - *set*, *void*: a person's correction: in [at, until) it had these
      attributes, or did not exist. Without ``until`` it holds up to the
      moment of the correction and goes on until the cloud says otherwise.

    ``at`` is when the fact held, in whole seconds of UTC, the resolution of
    the cloud's own records; ``reported_at`` is when the source said so, and
    orders the facts of one second. ``since``: the source says that the
    resource has existed from then on; it counts where nothing tells of the
    start. ``shape`` holds what a period is about (a change begins a new
    one), ``details`` everything else. ``key`` identifies the observation: a
    second one with the same key is the same one.
    """

    ref: Ref
    at: datetime
    reported_at: datetime
    key: str
    says: Says
    project_id: str | None = None
    shape: Attributes = dc.field(default_factory=dict)
    details: Attributes = dc.field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    source: str = ""
    author: str | None = None
    reason: str | None = None

    @property
    def order(self) -> Order:
        return Order(self.at, self.reported_at, self.key)


@dc.dataclass(frozen=True, slots=True)
class Period:
    """[start, end) in which a resource kept project and shape.

    ``end`` None: it runs. A resource has at most one period with a given
    start, and at most one that runs.
    """

    start: datetime
    end: datetime | None
    project_id: str | None
    shape: Attributes


@dc.dataclass(frozen=True, slots=True)
class Life:
    """What is known of a resource after its newest observation.

    ``start`` and ``end`` are those of its latest period (no start: it has
    had none; equal: it turned out empty), and ``ended`` is how that period
    ended (None: it runs).
    """

    order: Order = _BEFORE_ALL
    project_id: str | None = None
    shape: Attributes = dc.field(default_factory=dict)
    details: Attributes = dc.field(default_factory=dict)
    start: datetime | None = None
    end: datetime | None = None
    ended: Literal["gone", "absent"] | None = None
    corrected: bool = False

    @property
    def runs(self) -> bool:
        return self.start is not None and self.ended is None

    @property
    def latest(self) -> Period | None:
        """The latest period, as it is stored."""
        if self.start is None or self.start == self.end:
            return None
        return self.period(self.end)

    def takes(self, fact: Observation) -> bool:
        """Whether ``step`` may take this fact, or all must be folded."""
        return (
            not self.corrected
            and fact.says not in CORRECTIONS
            and fact.order > self.order
        )

    def period(self, end: datetime | None = None) -> Period:
        """Return the latest period, as if it ended at ``end``."""
        assert self.start is not None
        return Period(self.start, end, self.project_id, self.shape)


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
        details=merged(life.details, fact.details),
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
        facts = sorted(_cloud_words(facts), key=lambda o: o.order)
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
        found = _overlaid(found, correction)
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


def _cloud_words(facts: Iterable[Observation]) -> Iterable[Observation]:
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
                says="restored" if fact.says == "set" else "gone",
            )


def _overlaid(
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
        if inside and fix.says == "set":
            if covered < inside.start:
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


def merged(old: Attributes, new: Attributes) -> Attributes:
    """Return the old attributes, brought up to date by the new ones.

    An attribute that is itself about a thing with an id (a flavor, an
    image) is brought up to date if it is the same thing, else replaced:
    one flavor's extra specs never stick to another.
    """
    if not new:
        return old
    result = {**old, **new}
    for name, value in new.items():
        known = old.get(name)
        if (
            isinstance(value, Mapping)
            and isinstance(known, Mapping)
            and "id" in value
            and value["id"] == known.get("id")
        ):
            result[name] = {**known, **value}
    return result


def first_difference(
    before: Iterable[Period], after: Iterable[Period]
) -> datetime | None:
    """Return the earliest moment about which two tellings differ.

    Whoever settled usage before it need not look again; None: they agree.
    """
    old = {period.start: period for period in before}
    new = {period.start: period for period in after}
    moments: list[datetime] = []
    for start in old.keys() | new.keys():
        one, two = old.get(start), new.get(start)
        if one == two:
            continue
        if (
            one
            and two
            and (one.project_id, one.shape)
            == (
                two.project_id,
                two.shape,
            )
        ):
            moments.append(min(e for e in (one.end, two.end) if e))
        else:
            moments.append(start)
    return min(moments, default=None)


def details_at(
    observations: Iterable[Observation], at: datetime
) -> Attributes:
    """Return the details that were known to hold at a moment."""
    details: Attributes = {}
    for fact in sorted(observations, key=lambda o: o.order):
        if fact.at <= at and fact.says in ("alive", "restored"):
            details = merged(details, fact.details)
    return details


def period_at(periods: Iterable[Period], at: datetime) -> Period | None:
    """Return the period that holds a moment, or None."""
    for period in periods:
        if period.start <= at and (period.end is None or at < period.end):
            return period
    return None
