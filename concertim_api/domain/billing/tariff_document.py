"""A tariff as people write it, and what is wrong with it.

All of its values are texts: a number is read as it is written.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from concertim_api.domain.billing.amounts import (
    PRICE_SCALE,
    QUANTITY_SCALE,
    SHARE_SCALE,
)
from concertim_api.domain.billing.currencies import DIGITS
from concertim_api.domain.billing.tariff import (
    COUNTS,
    UNITS,
    Condition,
    PriceRule,
    Tariff,
    Tax,
    Tier,
    matches,
)
from concertim_api.domain.ledger import measures

#: Where a value stands: names of fields, and places in lists.
Path = tuple[str | int, ...]

#: What a rule may be for.
FIELDS = (
    "kind",
    "type",
    "state",
    "region",
    "availability_zone",
    "trait",
    "resource_class",
    "project",
    "domain",
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.: -]{0,63}")
#: A year before 1970 is a slip of the pen.
_DAY = re.compile(r"(19[7-9][0-9]|[2-9][0-9]{3})-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,20})?")
_MOST_ITEMS = 1000


class Fault(NamedTuple):
    """What is wrong with the field of a document. Lines count from 1."""

    line: int
    field: str
    message: str

    @classmethod
    def of(cls, line: int, path: Path, message: str) -> Fault:
        """Return a fault of what is at a path: ``rules[2].price``."""
        field = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}"
            for part in path
        )
        return cls(line, field.lstrip(".") or "the tariff", message)

    def __str__(self) -> str:
        return f"line {self.line}: {self.field}: {self.message}"


class FaultyTariff(ValueError):
    """A document that is no tariff. ``faults``: all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


def read(
    document: object,
    kinds: Collection[str] | None = None,
    lines: Mapping[Path, int] | None = None,
    spelling: Sequence[Fault] = (),
) -> Tariff:
    """Return the tariff in a document. Raises FaultyTariff.

    ``kinds``: those that a rule may be for; None: any, as of a tariff that is
    in use. ``lines``: where the values stand; one that is missing stands
    where what it is in does. ``spelling``: faults that a reader of the text
    has noted.
    """
    faults = [*spelling]
    root = _Node(document, (), lines or {(): 1}, faults)
    tariff = _tariff(root, kinds)
    if faults:
        raise FaultyTariff(sorted(faults))
    return tariff


#: The value of a field of what is no mapping: that has been noted.
_ABSENT = object()


class _Node:
    """A value of a document. What is wrong with it is noted, and something
    harmless returned for it."""

    def __init__(
        self,
        value: object,
        path: Path,
        lines: Mapping[Path, int],
        faults: list[Fault],
    ) -> None:
        self.value = value
        self._path = path
        self._lines = lines
        self._faults = faults

    def note(self, message: str) -> None:
        """Note what is wrong."""
        if self.value is _ABSENT:
            return
        path = self._path
        while path not in self._lines:
            path = path[:-1]
        fault = Fault.of(self._lines[path], self._path, message)
        if fault not in self._faults:
            self._faults.append(fault)

    def part(self, name: str | int, value: object) -> _Node:
        return _Node(value, (*self._path, name), self._lines, self._faults)

    def fields(
        self, needed: Collection[str], others: Collection[str] | None = ()
    ) -> dict[str, _Node]:
        """Return the fields of a mapping, those that it needs first.

        ``others``: the names of those that it may have; None: any.
        """
        values = self.value
        if not isinstance(values, Mapping):
            self.note(
                "is missing" if values is None else "is no mapping of fields"
            )
            return {name: self.part(name, _ABSENT) for name in needed}
        parts = {name: self.part(name, values.get(name)) for name in needed}
        for name, value in values.items():
            part = self.part(str(name), value)
            if others is None or name in {*needed, *others}:
                parts[str(name)] = part
            else:
                part.note("is no field of it")
        return parts

    def items(self, most: int = _MOST_ITEMS) -> list[_Node]:
        """Return the items of a list."""
        if self.value is None:
            self.note("is missing")
            return []
        if not isinstance(self.value, list):
            self.note("is no list")
            return []
        if not 0 < len(self.value) <= most:
            self.note(f"has {len(self.value)} items, not 1 to {most}")
        return [self.part(place, v) for place, v in enumerate(self.value)]

    def text(self) -> str:
        if self.value is None:
            self.note("is missing")
            return ""
        if not isinstance(self.value, str) or not 0 < len(self.value) < 256:
            self.note("is no text of 1 to 255 characters")
            return ""
        return self.value

    def name(self) -> str:
        text = self.text()
        if text and not _NAME.fullmatch(text):
            self.note(f"{text!r} is no name: up to 64 of A-Z a-z 0-9 _.:- ")
        return text

    def choice(self, choices: Collection[str]) -> str:
        text = self.text()
        if text and text not in choices:
            self.note(f"{text!r} is none of {', '.join(sorted(choices))}")
        return text

    def number(self, scale: int, most: int) -> int:
        """Return a number of 0 to ``most``, times a scale."""
        text = self.text()
        if not text:
            return 0
        number = Decimal(text) if _NUMBER.fullmatch(text) else None
        if number is None or number > most:
            self.note(f"{text!r} is no number of 0 to {most}")
            return 0
        scaled = Fraction(text) * scale  # a Decimal has 28 digits
        if scaled.denominator != 1:
            self.note(f"{text!r} has too many decimals")
        return int(scaled)

    def day(self) -> date | None:
        text = self.text()
        with contextlib.suppress(ValueError):
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        if text:
            self.note(f"{text!r} is no date like 2026-01-31")
        return None


def _tariff(root: _Node, kinds: Collection[str] | None) -> Tariff:
    fields = root.fields(
        ("name", "currency", "valid_from", "rules"),
        ("valid_until", "discounts", "tax"),
    )
    start = fields["valid_from"].day()
    end = fields["valid_until"].day() if "valid_until" in fields else None
    if start and end and end <= start:
        fields["valid_until"].note("is not after valid_from")
    rules = [
        _rule(node, place, kinds)
        for place, node in enumerate(fields["rules"].items())
    ]
    for place, rule in enumerate(rules):
        before = {other.name for other in rules[:place]}
        if rule.name and rule.name in before:
            fields["rules"].part(place, rule.name).note(
                f"{rule.name!r} is the name of a rule before"
            )
    return Tariff(
        fields["name"].name(),
        _currency(fields["currency"]),
        start or date.min,
        end,
        tuple(rules),
        _discounts(fields["discounts"]) if "discounts" in fields else {},
        _tax(fields["tax"]) if "tax" in fields else None,
    )


def _discounts(node: _Node) -> dict[str, int]:
    discounts: dict[str, int] = {}
    for item in node.items():
        fields = item.fields(("project", "percent"))
        project = fields["project"].text()
        if project and project in discounts:
            fields["project"].note(f"{project!r} has a discount before")
        discounts[project] = _percent(fields["percent"])
    return discounts


def _tax(node: _Node) -> Tax:
    fields = node.fields(("name", "percent"))
    return Tax(fields["name"].name(), _percent(fields["percent"]))


def _currency(node: _Node) -> str:
    text = node.text()
    if text and text not in DIGITS:
        node.note(f"{text!r} is no currency of ISO 4217, such as EUR")
    return text


def _percent(node: _Node) -> int:
    return node.number(SHARE_SCALE // 100, 100)


def _rule(node: _Node, place: int, kinds: Collection[str] | None) -> PriceRule:
    fields = node.fields(
        ("name", "unit", "for", "count", "price"), ("started_hour",)
    )
    count, measure = _count(fields["count"])
    share = _share(fields["started_hour"]) if "started_hour" in fields else 0
    if share and count == "piece":
        fields["started_hour"].note("is of no use: a piece has no hours")
    return PriceRule(
        fields["name"].name(),
        fields["unit"].choice(UNITS),
        _conditions(fields["for"], kinds),
        count,
        _tiers(fields["price"]),
        measure,
        share,
        place,
    )


def _count(node: _Node) -> tuple[str, measures.Measure | None]:
    text = node.text()
    if not text.startswith("extra_spec:"):
        return node.choice(COUNTS), None
    try:
        return text, measures.parse(f"count={text}")
    except ValueError:
        node.note(
            f"{text!r} is not like extra_spec:KEY or extra_spec:KEY=PART"
        )
        return text, None


def _share(node: _Node) -> int:
    """Return the seconds of a share of an hour."""
    seconds = node.number(3600, 1)
    if seconds == 0:
        node.note("is no share of an hour: more than 0, up to 1")
    return seconds


def _conditions(
    node: _Node, kinds: Collection[str] | None
) -> tuple[Condition, ...]:
    fields = node.fields(("kind",), (*FIELDS, "extra_spec"))
    specs = fields.pop("extra_spec", None)
    conditions = [
        Condition(name, _values(part)) for name, part in fields.items()
    ]
    if kinds is not None:
        for value in filter(None, conditions[0].values):
            if not any(matches(value, kind) for kind in kinds):
                fields["kind"].note(f"{value!r} is no kind")
    if specs is not None:
        parts = specs.fields((), None)
        conditions += [
            Condition("extra_spec", _values(part), key)
            for key, part in parts.items()
        ]
    return tuple(conditions)


def _values(node: _Node) -> tuple[str, ...]:
    """Return one value, or a list of values of which one must be there."""
    if isinstance(node.value, list):
        return tuple(item.text() for item in node.items(100))
    return (node.text(),)


def _tiers(node: _Node) -> tuple[Tier, ...]:
    """Return the tiers of a price: one number, or a list of tiers."""
    if not isinstance(node.value, list):
        return (Tier(_price(node)),)
    tiers: list[Tier] = []
    nodes = node.items(20)
    for place, item in enumerate(nodes, 1):
        is_last = place == len(nodes)
        fields = item.fields(("price",) if is_last else ("price", "up_to"))
        up_to = (
            None if is_last else fields["up_to"].number(QUANTITY_SCALE, 10**9)
        )
        if up_to is not None and tiers and up_to <= (tiers[-1].up_to or 0):
            fields["up_to"].note("is not more than that of the tier before")
        tiers.append(Tier(_price(fields["price"]), up_to))
    return tuple(tiers)


def _price(node: _Node) -> int:
    return node.number(PRICE_SCALE, 10**9)
