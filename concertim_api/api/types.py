"""House types: what representations are declared with.

A type of a single field checks a value of a body (``validate``), reads a word
of a query (``parse``), and returns its OpenAPI schema (``schema``).
``operators``: those that a filter may have. A type that only answers have
checks nothing.

WSME's declarations, and nothing more of it: only this module knows it.
"""

from __future__ import annotations

import dataclasses as dc
import functools
import keyword
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import wsme
from wsme import types as wtypes

EQUALITY = ("eq", "neq", "in", "nin")
ORDER = (*EQUALITY, "gt", "gte", "lt", "lte")

#: Other years are mistakes, and some databases can't store them.
_YEARS = range(1970, 9999)


class _Type(wtypes.UserType):  # type: ignore[misc]
    """Base of our types."""

    operators: Sequence[str] = ()

    #: The schema of every value, where nothing else is declared.
    form: Mapping[str, Any] = {"type": "string"}

    def parse(self, text: str) -> Any:
        """Return the value of a word in a query, or raise ValueError."""
        return self.validate(text)

    def schema(self) -> dict[str, Any]:
        return {**self.form}


class Text(_Type):
    """Text of some length, as it is."""

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
    """One word of a few; its case does not matter."""

    name = "choice"
    operators: Sequence[str] = EQUALITY

    def __init__(self, *words: str) -> None:
        self.words = words
        self._by_lower_case = {word.lower(): word for word in words}

    def validate(self, value: Any) -> str:
        word = value.lower() if isinstance(value, str) else None
        if word not in self._by_lower_case:
            raise ValueError(f"not one of {', '.join(self.words)}")
        return self._by_lower_case[word]

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

    name = "flag"
    form = {"type": "boolean"}
    operators = ("eq", "neq")

    def validate(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError("not true or false")
        return value

    def parse(self, text: str) -> bool:
        if text not in ("true", "false"):
            raise ValueError("not true or false")
        return text == "true"


class Part(Flag):
    """Whether the field of the same name is in the answer; in a query."""

    name = "flag"


class Number(_Type):
    """A number that is measured, such as seconds."""

    name = "number"
    form = {"type": "number"}


class Several(_Type):
    """A list of values of one type; in a body only."""

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


class Repeated(_Type):
    """Values of one type, each in an argument of its own; in a query only."""

    name = "repeated"

    def __init__(self, item: _Type, most: int) -> None:
        self.item, self.most = item, most

    def parse(self, words: Any) -> list[Any]:
        """Return the values of all its words, or raise ValueError."""
        if len(words) > self.most:
            raise ValueError(f"given more than {self.most} times")
        return [self.item.parse(word) for word in words]

    def schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": self.item.schema(),
            "maxItems": self.most,
        }


class Time(_Type):
    """A date and time, in UTC unless it says otherwise.

    A date alone is its midnight; fractions of a second are cut.
    """

    name = "time"
    form = {"type": "string", "format": "date-time"}
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


class Earlier(Time):
    """A moment that has come; clocks may differ by a minute."""

    def validate(self, value: Any) -> datetime:
        moment = super().validate(value)
        if moment > datetime.now(UTC) + timedelta(minutes=1):
            raise ValueError("in the future")
        return moment


class Day(_Type):
    """A day of UTC."""

    name = "day"
    form: Mapping[str, Any] = {"type": "string", "format": "date"}
    operators: Sequence[str] = ORDER

    _TEXT = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

    def validate(self, value: Any) -> date:
        if not isinstance(value, str) or not self._TEXT.fullmatch(value):
            raise ValueError(f"not a {self.name}")
        try:
            day = date.fromisoformat(self._day(value))
        except ValueError:
            raise ValueError(f"not a {self.name}") from None
        if day.year not in _YEARS:
            raise ValueError(f"not in the years {_YEARS[0]} to {_YEARS[-1]}")
        return day

    def _day(self, text: str) -> str:
        return text


class Month(Day):
    """A month of UTC, such as 2026-11; its value is the first day."""

    name = "month"
    form = {"type": "string", "pattern": r"^\d{4}-\d\d$"}

    _TEXT = re.compile(r"\d{4}-\d\d", re.ASCII)

    def _day(self, text: str) -> str:
        return f"{text}-01"


class Quantity(_Type):
    """An exact amount: decimal digits in a JSON string."""

    name = "quantity"
    form: Mapping[str, Any] = {"type": "string", "pattern": r"^\d+(\.\d+)?$"}


class Money(Quantity):
    """An exact amount that may be below 0."""

    name = "money"
    form = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}


class Amount(Quantity):
    """An exact amount of money, of 0 or more."""

    name = "amount"
    form = {"type": "string", "pattern": r"^\d{1,15}(\.\d{1,12})?$"}

    def validate(self, value: Any) -> Decimal:
        if not isinstance(value, str) or not re.fullmatch(
            r"\d{1,15}(\.\d{1,12})?", value, re.ASCII
        ):
            raise ValueError("not an amount, such as 12.50, in a string")
        return Decimal(value)


class Attributes(_Type):
    """A JSON object from the cloud; stored JSON text is shown as it is."""

    name = "attributes"
    form = {"type": "object"}


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


text = Text()
reason = Text(max_length=2000)
prose = Text(max_length=65535, min_length=0)
identifier = Whole(minimum=1)
count = Whole()
limit = PageSize(minimum=1)
flag = Flag()
time = Time()
earlier = Earlier()
day = Day()
month = Month()
quantity = Quantity()
money = Money()
amount = Amount()
number = Number()
part = Part()
attributes = Attributes()


class Representation(wtypes.Base):  # type: ignore[misc]
    """The fields of a JSON object. It has no behaviour."""


class Link(Representation):
    rel = text
    href = Text(max_length=65535)


class Item(Representation):
    """An object with a URL. Alone, it is shown with a link to itself and an
    ETag."""


class List(Representation):
    """A page: its rows under their plural name, and a link to the next."""

    links = [Link]


@dc.dataclass(frozen=True, slots=True)
class Document:
    """An answer that is not JSON: a text of some type.

    ``headers`` say what a browser may do with it.
    """

    title: str
    content_type: str
    headers: Mapping[str, str] = dc.field(default_factory=dict)


#: Whatever is in a document, it runs no script and loads nothing.
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; "
    "style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}

SVG = Document("an SVG picture", "image/svg+xml", _SAFE)
HTML = Document("an HTML page", "text/html", _SAFE)


def texts(*names: str) -> dict[str, Any]:
    """Declare arguments or conditions that are texts."""
    return dict.fromkeys(names, text)


def required(datatype: Any) -> Any:
    """Declare a field that a body must have."""
    return wsme.wsattr(datatype, mandatory=True)


def named(name: str, datatype: Any) -> Any:
    """Declare a field whose name is a word of Python's own.

    In Python, it has a line after it: ``from_ = named("from", text)``.
    """
    return wsme.wsattr(datatype, name=name)


def attribute(name: str) -> str:
    """Return what Python calls a field."""
    return f"{name}_" if keyword.iskeyword(name) else name


def fields(datatype: Any) -> Mapping[str, Any]:
    """Return the fields of a representation, name -> type, in order: those
    of what it extends first, but links last."""
    return _fields(datatype)


@functools.cache  # every answer asks
def _fields(datatype: Any) -> Mapping[str, Any]:
    inherited = {
        attribute.name
        for base in datatype.__mro__[1:]
        if wtypes.iscomplex(base)
        for attribute in wtypes.list_attributes(base)
    }
    return {
        attribute.name: attribute.datatype
        for attribute in sorted(
            wtypes.list_attributes(datatype),
            key=lambda a: (a.name == "links", a.name not in inherited),
        )
    }


def mandatory(datatype: Any) -> frozenset[str]:
    """Return the names of the fields that a body must have."""
    return frozenset(
        attribute.name
        for attribute in wtypes.list_attributes(datatype)
        if attribute.mandatory
    )


def is_representation(datatype: Any) -> bool:
    return bool(wtypes.iscomplex(datatype))


def item_of(datatype: Any) -> Any:
    """Return the type of a list's items, or None if it is no list."""
    return datatype.item_type if wtypes.isarray(datatype) else None


def rows_of(datatype: Any) -> tuple[str, Any]:
    """Return the name and the type of a page's rows."""
    for name, declared in fields(datatype).items():
        if name != "links" and item_of(declared):
            return name, item_of(declared)
    raise TypeError(f"{datatype.__name__} has no rows")
