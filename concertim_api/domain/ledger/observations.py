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
Says = Literal["alive", "gone", "absent", "restored", "set", "amend", "void"]

#: Words of a person about a window of time; they outrank the cloud's.
CORRECTIONS = frozenset({"set", "amend", "void"})


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
    - *set*, *amend*, *void*: a person's correction: in [at, until) it
      existed with these attributes, had them while it existed, or did not
      exist. Without ``until`` it holds up to the moment of the correction
      and goes on until the cloud says otherwise.

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


def updated(old: Attributes, new: Attributes) -> Attributes:
    """Return the old details, each replaced that is told anew."""
    return {**old, **new} if new else old


def merged(old: Attributes, new: Attributes) -> Attributes:
    """Return the old shape, brought up to date by the new one.

    An attribute that is itself about a thing (a flavor, an image) is
    brought up to date if it is the same thing, else replaced: one flavor's
    extra specs never stick to another. Things are the same that have one id
    or, where one of the two tells none, one name.
    """
    if not new:
        return old
    result = {**old, **new}
    for name, value in new.items():
        known = old.get(name)
        if (
            isinstance(value, Mapping)
            and isinstance(known, Mapping)
            and _same(known, value)
        ):
            result[name] = {**known, **value}
    return result


def _same(known: Attributes, value: Attributes) -> bool:
    if "id" in known and "id" in value:
        return bool(known["id"] == value["id"])
    if "id" not in known and "id" not in value:
        return False  # plain attributes, such as metadata
    return "name" in value and known.get("name") == value["name"]


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
            details = updated(details, fact.details)
    return details


def period_at(periods: Iterable[Period], at: datetime) -> Period | None:
    """Return the period that holds a moment, or None."""
    for period in periods:
        if period.start <= at and (period.end is None or at < period.end):
            return period
    return None
