"""House types: what representations are declared with.

WSME's declarations, and nothing more of it: this module and ``scalars`` are
the two that know it.
"""

from __future__ import annotations

import dataclasses as dc
import functools
import keyword
from collections.abc import Mapping
from typing import Any

import wsme
from wsme import types as wtypes

from concertim_api.api.scalars import (
    Attributes,
    Choice,
    Day,
    Flag,
    Number,
    PageSize,
    Part,
    Quantity,
    Record,
    Secret,
    Several,
    Shape,
    Text,
    Time,
    Whole,
    Words,
)

__all__ = [
    "Attributes",
    "Choice",
    "Day",
    "Flag",
    "Number",
    "PageSize",
    "Part",
    "Quantity",
    "Record",
    "Secret",
    "Several",
    "Shape",
    "Text",
    "Time",
    "Whole",
    "Words",
]

text = Text()
reason = Text(max_length=2000)
prose = Text(max_length=65535, min_length=0)
identifier = Whole(minimum=1)
count = Whole()
limit = PageSize(minimum=1)
flag = Flag()
time = Time()
day = Day()
quantity = Quantity()
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


#: A picture. Whatever is in it, it runs no script and loads nothing.
SVG = Document(
    "an SVG picture",
    "image/svg+xml",
    {
        "Content-Security-Policy": "default-src 'none'; "
        "style-src 'unsafe-inline'; sandbox",
        "X-Content-Type-Options": "nosniff",
    },
)


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
