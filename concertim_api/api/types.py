"""House types: what representations are declared with.

WSME's declarations, and nothing more of it: this module and ``scalars`` are
the two that know it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import wsme
from wsme import types as wtypes

from concertim_api.api.scalars import (
    Attributes,
    Choice,
    Day,
    Flag,
    Limit,
    Quantity,
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
    "Limit",
    "Quantity",
    "Shape",
    "Text",
    "Time",
    "Whole",
    "Words",
]

text = Text()
reason = Text(max_length=2000)
identifier = Whole(minimum=1)
count = Whole()
limit = Limit(minimum=1)
flag = Flag()
time = Time()
day = Day()
quantity = Quantity()
attributes = Attributes()


class Representation(wtypes.Base):  # type: ignore[misc]
    """How something looks in JSON. Fields only: no behaviour."""


class Link(Representation):
    rel = text
    href = Text(max_length=65535)


class Item(Representation):
    """Something with a place of its own: alone, it is shown with a link to
    itself and an ETag."""


class List(Representation):
    """A page: its rows under their plural name, and where the next is."""

    links = [Link]


def required(datatype: Any) -> Any:
    """Declare a field that a body must have."""
    return wsme.wsattr(datatype, mandatory=True)


def fields(datatype: Any) -> Mapping[str, Any]:
    """Return the fields of a representation, name -> type, in order."""
    return {
        attribute.name: attribute.datatype
        for attribute in wtypes.list_attributes(datatype)
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
