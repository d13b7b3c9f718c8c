"""Observations of cloud resources, and the periods of usage.

The convergence law: the periods of a resource are a pure function of the
*set* of its observations. Their order, repetitions and sources (listener,
replay, sync, a person) make no difference.
"""

from __future__ import annotations

import bisect
import dataclasses as dc
import json
import operator
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

Attributes = Mapping[str, Any]
Says = Literal[
    "alive",
    "mentioned",
    "gone",
    "absent",
    "restored",
    "set",
    "amend",
    "void",
]

#: What is said of a resource that exists.
OF_LIFE = frozenset({"alive", "mentioned", "restored"})

#: The attributes that are things themselves, with an id and a name.
THINGS = ("flavor", "image")

#: What a person says of a window of time; it outranks the cloud.
CORRECTIONS = frozenset({"set", "amend", "void"})

#: How much later than its receipt an observation may be dated. Clocks differ
#: by less; one that differs by more is wrong.
TOLERANCE = timedelta(minutes=1)

#: Bytes in the JSON of a resource's details, at most.
_LARGEST = 1024 * 1024

#: Characters of the details that lists are filtered by, at most.
_LONGEST = {"name": 255, "state": 64}


class Ref(NamedTuple):
    """The name of a resource: its id is unique in its region and kind."""

    region: str
    kind: str
    id: str


class ObservationOrder(NamedTuple):
    """The place of an observation in the history of its resource."""

    at: datetime
    reported_at: datetime
    key: str


#: What makes two observations one: the resource and the key. So a message of
#: one id is another one in another region. (A plain tuple: each observation
#: is looked up by it several times.)
ObservationKey = tuple[Ref, str]


EVER = datetime.min.replace(tzinfo=UTC)
FOREVER = datetime.max.replace(tzinfo=UTC)
_BEFORE_ALL = ObservationOrder(EVER, EVER, "")

START = operator.attrgetter("start")


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one source says of one resource at one moment.

    ``says``:

    - *alive*: it had these attributes, and perhaps others;
    - *mentioned*: alive; but a thing in its shape, such as a flavor, counts
      only until another source says which one it is;
    - *gone*: the cloud reported the deletion;
    - *absent*: a complete listing lacked it; any later observation of the
      cloud outranks that;
    - *restored*: alive, even if it was gone before;
    - *set*, *amend*, *void*: a person's correction: in [at, until) it
      existed with these attributes, had them while it existed, or did not
      exist. Without ``until`` it holds until the moment of the correction,
      and then until the cloud says otherwise.

    ``at``: the moment, in whole seconds of UTC, as the cloud records it.
    ``reported_at``: when the source said so; it orders the observations of
    one second. ``received_at``: when it came to us, by our own clock. What is
    dated more than ``TOLERANCE`` after that was sent by a wrong clock. It is
    brought back to that moment, and ``reason`` has the wrong date.

    ``since``: the source says that the resource existed from then on; it
    counts if no observation has the start. ``shape``: the attributes of a
    period, whose change begins a new one; ``details``: all others.
    ``reason``: why a person corrected; or what of it could not be kept.
    ``region_rule``: the rule of the operator that decided its region, if one
    did. Two observations with one ``id`` are the same: the one that was
    received first counts.
    """

    ref: Ref
    at: datetime
    reported_at: datetime
    received_at: datetime
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
    region_rule: str | None = None

    def __post_init__(self) -> None:
        latest = self.received_at + TOLERANCE
        wrong = max(self.at, self.reported_at)
        if wrong > latest:
            note = f"dated {wrong.isoformat()}, later than it was received"
            reason = f"{self.reason}; {note}" if self.reason else note
            at = min(self.at, latest.replace(microsecond=0))
            reported_at = min(self.reported_at, latest)
            object.__setattr__(self, "at", at)
            object.__setattr__(self, "reported_at", reported_at)
            object.__setattr__(self, "reason", reason)

    @property
    def was_ahead(self) -> bool:
        """Whether it was brought back, or is just not."""
        latest = self.received_at + TOLERANCE
        return max(self.at, self.reported_at) >= latest.replace(microsecond=0)

    @property
    def order(self) -> ObservationOrder:
        return ObservationOrder(self.at, self.reported_at, self.key)

    @property
    def id(self) -> ObservationKey:
        return (self.ref, self.key)

    def trimmed(self) -> Observation:
        """Return it without the details that are too large to be kept.

        ``reason`` says which. The shape stays: usage depends on it.
        """
        details, notes = trim(self.details)
        if not notes:
            return self
        reason = "; ".join(filter(None, (self.reason, *notes)))
        return dc.replace(self, details=details, reason=reason)


class Period(NamedTuple):
    """[start, end) in which a resource kept project and shape.

    ``end`` None: it runs. A resource has at most one period with a given
    start, and at most one that runs.
    """

    start: datetime
    end: datetime | None
    project_id: str | None
    shape: Attributes

    def is_like(self, other: Period) -> bool:
        """Whether project and shape are those of another period."""
        return (
            self.project_id == other.project_id and self.shape == other.shape
        )


#: Shared: nothing changes attributes, they are merged into new ones.
_NO_ATTRIBUTES: Attributes = {}


class Life(NamedTuple):
    """The state of a resource after its newest observation.

    ``start`` and ``end`` are those of its latest period; without a start it
    has none, and if both are equal, that period is empty. ``ended``: how it
    ended; None: it runs. ``unfinished``: the periods are not yet all that the
    observations mean. ``archived``: both are in a file, and no more here.
    """

    order: ObservationOrder = _BEFORE_ALL
    project_id: str | None = None
    shape: Attributes = _NO_ATTRIBUTES
    details: Attributes = _NO_ATTRIBUTES
    start: datetime | None = None
    end: datetime | None = None
    ended: Literal["gone", "absent"] | None = None
    corrected: bool = False
    unfinished: bool = False
    archived: bool = False

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
        """Whether ``step`` can take this fact; else all facts are folded."""
        return (
            not self.corrected
            and not self.unfinished
            and fact.says not in CORRECTIONS
            and fact.order > self.order
        )

    def period(self, end: datetime | None = None) -> Period:
        """Return the latest period with this end."""
        assert self.start is not None
        return Period(self.start, end, self.project_id, self.shape)


def distinct(
    observations: Iterable[Observation],
) -> dict[ObservationKey, Observation]:
    """Return observations by their ids; of copies, the one received first.

    It is the one of the earliest date, if their receipts made a difference.
    """
    copies = [*observations]
    result = {observation.id: observation for observation in copies}
    if len(result) == len(copies):
        return result
    result.clear()
    for observation in copies:
        other = result.setdefault(observation.id, observation)
        if observation is not other and observation.order < other.order:
            result[other.id] = observation
    return result


def trim(details: Attributes) -> tuple[Attributes, list[str]]:
    """Return details that can be kept, and what was done to them.

    A name that is too long is cut. Of more than a mebibyte, the largest are
    left out.
    """
    kept, notes = {**details}, []
    for name, limit in _LONGEST.items():
        text = kept.get(name)
        if isinstance(text, str) and len(text) > limit:
            kept[name] = f"{text[: limit - 1]}…"
            notes.append(f"{name} is cut: it had {len(text)} characters")
    sizes = {
        name: len(json.dumps({name: value}, default=dict))
        for name, value in kept.items()
    }
    for name in sorted(kept, key=lambda name: (-sizes[name], name)):
        if sum(sizes.values()) <= _LARGEST:
            break
        del kept[name]
        notes.append(f"{name} is left out: it had {sizes.pop(name)} bytes")
    return kept, notes


def update_details(old: Attributes, new: Attributes) -> Attributes:
    """Return the old details with the new ones in their place."""
    return {**old, **new} if new else old


def merge_shapes(old: Attributes, new: Attributes) -> Attributes:
    """Return the old shape with the attributes of the new one.

    An attribute that is a thing itself (a flavor, an image) is merged with
    the same thing, and replaced by another one: the extra specs of a flavor
    never stay at another. Two things are the same if they have one id or, if
    one of them lacks the id, one name.
    """
    if not (old and new):
        return new or old
    result = {**old, **new}
    for name, value in new.items():
        before = old.get(name)
        if before not in (None, value) and _is_same(before, value):
            result[name] = {**before, **value}
    return result


def merge_mention(old: Attributes, new: Attributes) -> Attributes:
    """Return the old shape with the attributes of a mention.

    A thing in it brings the same thing up to date, and replaces no other.
    """
    others = [
        name
        for name in THINGS
        if old.get(name) and not _is_same(old[name], new.get(name))
    ]
    return merge_shapes(old, {k: v for k, v in new.items() if k not in others})


def _is_same(old: object, new: object) -> bool:
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return False
    if "id" in old and "id" in new:
        return bool(old["id"] == new["id"])
    if "id" not in old and "id" not in new:
        return False  # plain attributes, such as metadata
    return "name" in new and old.get("name") == new["name"]


def first_difference(
    before: Iterable[Period], after: Iterable[Period]
) -> datetime | None:
    """Return the earliest moment at which two lists of periods differ.

    None: they are equal. Usage before that moment is as it was.
    """
    old_periods = {period.start: period for period in before}
    new_periods = {period.start: period for period in after}
    moments: list[datetime] = []
    for start in old_periods.keys() | new_periods.keys():
        old, new = old_periods.get(start), new_periods.get(start)
        if old == new:
            continue
        if old and new and old.is_like(new):
            moments.append(min(end for end in (old.end, new.end) if end))
        else:
            moments.append(start)
    return min(moments, default=None)


def details_at(
    observations: Iterable[Observation], at: datetime
) -> Attributes:
    """Return the details at a moment, as far as observed until then."""
    details: Attributes = {}
    for fact in sorted(observations, key=lambda o: o.order):
        if fact.at <= at and fact.says in OF_LIFE:
            details = update_details(details, fact.details)
    return details


def period_at(periods: Iterable[Period], at: datetime) -> Period | None:
    """Return the period that holds a moment, or None."""
    for period in periods:
        if period.start <= at and (period.end is None or at < period.end):
            return period
    return None


def clip(
    periods: Sequence[Period],
    start: datetime = EVER,
    end: datetime = FOREVER,
) -> list[Period]:
    """Return the periods in [start, end), cut to it. They are by their start;
    only the first and the last are looked at."""
    first = bisect.bisect_right(periods, start, key=START)
    if first and (periods[first - 1].end or FOREVER) > start:
        first -= 1
    last = bisect.bisect_left(periods, end, key=START)
    result = [*periods[first:last]]
    for place in (0, -1) if result else ():
        period = result[place]
        if period.start < start:
            period = period._replace(start=start)
        if (period.end or FOREVER) > end:
            period = period._replace(end=end)
        result[place] = period
    return result
