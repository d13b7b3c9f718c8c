"""Tariffs: prices, and which of them counts for what."""

from __future__ import annotations

import dataclasses as dc
import fnmatch
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from concertim_api.domain.billing.amounts import COUNT_SCALE
from concertim_api.domain.ledger.measures import Measure

#: The units of the bill: a rule has one, and a daily record has an amount of
#: each.
UNITS = ("compute", "memory", "storage", "network", "gpu", "other")


class Profile(NamedTuple):
    """What of a period decides its price.

    ``type``: the name of the flavor or of the volume type. ``specs``: the
    extra specs of the flavor. "" where there is nothing.
    """

    kind: str
    type: str = ""
    state: str = ""
    region: str = ""
    availability_zone: str = ""
    vcpus: int = 0
    ram_mb: int = 0
    disk_gb: int = 0
    specs: tuple[tuple[str, str], ...] = ()
    resource_class: str = ""
    project: str = ""
    domain: str = ""

    def values(self, field: str, key: str = "") -> Iterator[str]:
        """Yield what a condition on a field looks at.

        A trait is what an extra spec ``trait:NAME`` requires. A resource
        class is that of a node, or one of which an extra spec
        ``resources:NAME`` asks for some.
        """
        if field == "extra_spec":
            yield from (value for name, value in self.specs if name == key)
        elif field == "trait":
            for name, value in self.specs:
                if name.startswith("trait:") and value == "required":
                    yield name.removeprefix("trait:")
        elif field == "resource_class":
            yield self.resource_class
            for name, value in self.specs:
                if name.startswith("resources:") and value != "0":
                    yield name.removeprefix("resources:")
        else:
            yield getattr(self, field)


@dc.dataclass(frozen=True, slots=True)
class Condition:
    """A field has one of these values; ``key`` names the extra spec.

    A value may be a pattern, as of file names: ``*``, ``?``, ``[ab]``.
    """

    field: str
    values: tuple[str, ...]
    key: str = ""

    @property
    def is_exact(self) -> bool:
        return not any(_PATTERN & {*value} for value in self.values)

    def holds(self, profile: Profile) -> bool:
        values = [*profile.values(self.field, self.key)]
        return any(
            matches(pattern, value)
            for pattern in self.values
            for value in values
        )


#: What makes a value a pattern.
_PATTERN = frozenset("*?[")


def matches(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern says, from end to end."""
    return pattern == text or fnmatch.fnmatchcase(text, pattern)


#: What is counted -> how many of it a profile has; with hours, but a piece.
COUNTS: Mapping[str, Callable[[Profile], Fraction]] = {
    "hour": lambda profile: Fraction(1),
    "vcpu_hour": lambda profile: Fraction(profile.vcpus),
    "ram_gib_hour": lambda profile: Fraction(profile.ram_mb, 1024),
    "gb_hour": lambda profile: Fraction(profile.disk_gb),
    "piece": lambda profile: Fraction(1),
}


@dc.dataclass(frozen=True, slots=True)
class Tier:
    """A price up to a quantity in a month; the last tier has no end.

    ``price`` in 1/``PRICE_SCALE``, ``up_to`` in 1/``QUANTITY_SCALE``.
    """

    price: int
    up_to: int | None = None


@dc.dataclass(frozen=True, slots=True)
class PriceRule:
    """What is counted of what, and its price.

    ``count``: as it is written: one of ``COUNTS``, or an extra spec, which
    ``measure`` counts.
    ``share``: the seconds that are billed whole as soon as they start; 0:
    each second counts. ``place``: that of the rule in its tariff.
    """

    name: str
    unit: str
    conditions: tuple[Condition, ...]
    count: str
    tiers: tuple[Tier, ...]
    measure: Measure | None = None
    share: int = 0
    place: int = 0

    @property
    def is_piece(self) -> bool:
        return self.count == "piece"

    @property
    def rank(self) -> tuple[int, int, int]:
        """The most specific rule has the highest: it has the most
        conditions, then the most without a pattern, then it comes last."""
        exact = sum(condition.is_exact for condition in self.conditions)
        return len(self.conditions), exact, self.place

    def quantity(self, profile: Profile) -> int:
        """Return how many of what it counts a profile has.

        In 1/``COUNT_SCALE``, and 0 if the rule is not for this profile.
        """
        if not all(condition.holds(profile) for condition in self.conditions):
            return 0
        if self.measure:
            number = self.measure.count(dict(profile.specs))
        else:
            number = COUNTS[self.count](profile)
        return int(number * COUNT_SCALE)

    def total(self, quantity: int) -> int:
        """Return the price of a quantity of a month: that of each part by
        its tier. In 1/(``QUANTITY_SCALE`` * ``PRICE_SCALE``)."""
        total = start = 0
        for tier in self.tiers:
            end = quantity if tier.up_to is None else min(quantity, tier.up_to)
            total += max(end - start, 0) * tier.price
            start = max(end, start)
        return total


class Tax(NamedTuple):
    """A tax on each invoice. ``rate``: in 1/10,000 of the sum."""

    name: str
    rate: int


@dc.dataclass(frozen=True, slots=True)
class Tariff:
    """A list of prices, valid in [start, end) of UTC days; end None: open.

    ``discounts``: project id -> 1/10,000 of each amount that it is spared.
    """

    name: str
    currency: str
    start: date
    end: date | None
    rules: tuple[PriceRule, ...]
    discounts: Mapping[str, int] = dc.field(default_factory=dict)
    tax: Tax | None = None

    def is_valid(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    @property
    def has_tiers(self) -> bool:
        """Whether a price depends on what was used before in the month."""
        return any(len(rule.tiers) > 1 for rule in self.rules)

    @property
    def has_runs(self) -> bool:
        """Whether a charge depends on the periods of a resource before."""
        return any(rule.share or rule.is_piece for rule in self.rules)

    def looks_at(self, field: str) -> bool:
        """Whether a condition looks at a field of profiles."""
        return any(
            condition.field == field
            for rule in self.rules
            for condition in rule.conditions
        )

    def applied(self, profile: Profile) -> tuple[tuple[PriceRule, int], ...]:
        """Return the rules that price a profile, and what each counts.

        Of each unit the most specific one counts. None: it is unpriced.
        """
        best: dict[str, tuple[PriceRule, int]] = {}
        for rule in self.rules:
            quantity = rule.quantity(profile)
            if not quantity:
                continue
            rival = best.get(rule.unit)
            if rival is None or rule.rank > rival[0].rank:
                best[rule.unit] = rule, quantity
        return tuple(best.values())


_DAY = timedelta(days=1)

#: A tariff without a rule: all is unpriced.
NONE = Tariff("", "", date.min, None, ())


class PriceList:
    """The tariffs of a site, in the order in which they were loaded."""

    def __init__(self, tariffs: Sequence[Tariff]) -> None:
        self.tariffs = tuple(tariffs)
        self.currency = tariffs[-1].currency if tariffs else ""

    def in_force(self, day: date) -> Tariff:
        """Return the tariff of a day: the last of those that are valid."""
        for tariff in reversed(self.tariffs):
            if tariff.is_valid(day):
                return tariff
        return NONE

    def in_force_since(self, day: date) -> date:
        """Return the first of the days up to a day on which its tariff has
        been in force without a break."""
        tariff = self.in_force(day)
        changes = {t.start for t in self.tariffs}
        changes |= {t.end for t in self.tariffs if t.end}
        for change in sorted(changes, reverse=True):
            is_before = date.min < change <= day
            if is_before and self.in_force(change - _DAY) is not tariff:
                return change
        return date.min

    def valid_within(self, first: date, last: date) -> list[Tariff]:
        """Return the tariffs that are valid on one of some days."""
        return [
            tariff
            for tariff in self.tariffs
            if tariff.start <= last
            and (tariff.end is None or first < tariff.end)
        ]
