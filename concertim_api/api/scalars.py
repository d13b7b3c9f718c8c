"""Scalars: the types of single fields.

Each checks a value of a body (``validate``), reads a word of a query
(``parse``), and returns its OpenAPI schema (``schema``). ``operators``: those
that a filter may have. A type that only answers have checks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from wsme import types as wtypes

EQUALITY = ("eq", "neq", "in", "nin")
ORDER = (*EQUALITY, "gt", "gte", "lt", "lte")

#: Other years are mistakes, and some databases can't store them.
_YEARS = range(1970, 9999)


class _Type(wtypes.UserType):  # type: ignore[misc]
    """Base of our types."""

    operators: Sequence[str] = ()

    def parse(self, text: str) -> Any:
        """Return the value of a word in a query, or raise ValueError."""
        return self.validate(text)

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


class Text(_Type):
    """Text of some length, as it is."""

    basetype = str
    name = "text"
    operators: Sequence[str] = EQUALITY

    def __init__(self, max_length: int = 255, min_length: int = 1) -> None:
        self.min_length, self.max_length = min_length, max_length

    def validate(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("not a text")
        if len(value) < self.min_length:
            raise ValueError("must not be empty")
        if len(value) > self.max_length:
            raise ValueError(f"longer than {self.max_length} characters")
        return value

    def schema(self) -> dict[str, Any]:
        return {
            "type": "string",
            "minLength": self.min_length,
            "maxLength": self.max_length,
        }


class Choice(_Type):
    """One word of a few."""

    basetype = str
    name = "choice"
    operators: Sequence[str] = EQUALITY

    def __init__(self, *words: str) -> None:
        self.words = words

    def validate(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise ValueError(f"not one of {', '.join(self.words)}")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}


class Words(Choice):
    """Some words of a few, comma between them; in a query only."""

    operators = ()

    def parse(self, text: str) -> tuple[str, ...]:
        words = tuple(self.validate(word) for word in text.split(","))
        if len(set(words)) < len(words):
            raise ValueError("names one twice")
        return words

    def schema(self) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": r"^\w+(,\w+)*$",
            "description": f"Any of {', '.join(self.words)}, comma between.",
        }


class Whole(_Type):
    """A whole number that every database can hold."""

    basetype = int
    name = "whole"
    operators: Sequence[str] = ORDER

    def __init__(self, minimum: int = 0, maximum: int = 2**63 - 1) -> None:
        self.minimum, self.maximum = minimum, maximum

    def validate(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError("not a whole number")
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"not from {self.minimum} to {self.maximum}")
        return value

    def parse(self, text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,19}", text):
            raise ValueError("not a whole number")
        return self.validate(int(text))

    def schema(self) -> dict[str, Any]:
        return {
            "type": "integer",
            "minimum": self.minimum,
            "maximum": self.maximum,
        }


class Flag(_Type):
    """true or false."""

    basetype = bool
    name = "flag"
    operators = ("eq", "neq")

    def validate(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError("not true or false")
        return value

    def parse(self, text: str) -> bool:
        if text not in ("true", "false"):
            raise ValueError("not true or false")
        return text == "true"

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Part(Flag):
    """Whether the field of the same name is in the answer; in a query."""

    name = "flag"


class Number(_Type):
    """A number that is measured, such as seconds."""

    basetype = float
    name = "number"

    def schema(self) -> dict[str, Any]:
        return {"type": "number"}


class Several(_Type):
    """A list of values of one type; in a body only."""

    basetype = wtypes.ArrayType(str)
    name = "list"

    def __init__(self, item: _Type, max_items: int = 100) -> None:
        self.item, self.max_items = item, max_items

    def validate(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError("not a list")
        if len(value) > self.max_items:
            raise ValueError(f"more than {self.max_items} values")
        return [self.item.validate(element) for element in value]

    def schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": self.item.schema(),
            "maxItems": self.max_items,
        }


class Time(_Type):
    """A date and time, in UTC unless it says otherwise.

    A date alone is its midnight; fractions of a second are cut.
    """

    basetype = str
    name = "time"
    operators: Sequence[str] = ORDER

    def validate(self, value: Any) -> datetime:
        if not isinstance(value, str) or not 10 <= len(value) <= 40:
            raise ValueError("not a date and time")
        # NOTE: a + that nobody quoted arrives as a blank.
        text = re.sub(r"(T\S+) (\d\d:?\d\d)$", r"\1+\2", value)
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            moment = moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError("not a date and time") from None
        if moment.year not in _YEARS:
            raise ValueError(f"not in the years {_YEARS[0]} to {_YEARS[-1]}")
        return moment.replace(microsecond=0)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}


class Day(_Type):
    """A day of UTC."""

    basetype = str
    name = "day"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


class Quantity(_Type):
    """An exact amount: decimal digits in a JSON string."""

    basetype = str
    name = "quantity"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\d+(\.\d+)?$"}


class Attributes(_Type):
    """A JSON object from the cloud; stored JSON text is shown as it is."""

    basetype = wtypes.DictType(str, str)  # for the name only: any values
    name = "attributes"

    def schema(self) -> dict[str, Any]:
        return {"type": "object"}


class PageSize(Whole):
    """Rows in a page; the configuration has the maximum."""

    name = "limit"
    operators = ()


class Secret(Text):
    """A text that no answer has."""

    name = "secret"

    def schema(self) -> dict[str, Any]:
        return {**super().schema(), "format": "password", "writeOnly": True}


class Record(Attributes):
    """An object that has these fields, all of them, and no other."""

    name = "record"

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def validate(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise ValueError("not an object")
        unknown = sorted(map(str, value.keys() - self.fields.keys()))
        if unknown:
            raise ValueError(f"{unknown[0][:64]} is unknown")
        values = {}
        for name, declared in self.fields.items():
            if value.get(name) is None:
                raise ValueError(f"{name} is missing")
            try:
                values[name] = declared.validate(value[name])
            except ValueError as exc:
                raise ValueError(f"{name}: {exc}") from None
        return values

    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "required": list(self.fields),
            "properties": {n: t.schema() for n, t in self.fields.items()},
            "additionalProperties": False,
        }


class Shape(Attributes):
    """The shape in a correction; sizes and numbers in it are counts."""

    name = "shape"

    _TEXTS = {"state": Text(64), "type": Text()}
    _FLAVOR_TEXTS = {"id": Text(), "name": Text()}
    _COUNT = Whole(0, 10**8)
    _LARGEST = 16384

    def validate(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError("not an object")
        if len(orjson.dumps(value)) > self._LARGEST:
            raise ValueError(f"longer than {self._LARGEST} bytes")
        flavor = value.get("flavor")
        if flavor is not None and not isinstance(flavor, Mapping):
            raise ValueError("flavor is not an object")
        self._check(value, self._TEXTS, ("size_gb",))
        self._check(
            flavor or {},
            self._FLAVOR_TEXTS,
            ("vcpus", "ram_mb", "disk_gb", "ephemeral_gb"),
        )
        return value

    def _check(
        self,
        value: Mapping[str, Any],
        texts: Mapping[str, Text],
        counts: Sequence[str],
    ) -> None:
        for name, declared in (
            *texts.items(),
            *((count, self._COUNT) for count in counts),
        ):
            if value.get(name) is None:
                continue
            try:
                declared.validate(value[name])
            except ValueError as exc:
                raise ValueError(f"{name} is {exc}") from None
