"""Rows of the view from the domain's objects, and back.

The dataclasses of ``domain.view.model`` are the one list of fields. What is
a column is there by its name; all other fields are in the row's ``body``.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import orjson

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.model import Device, Rack, Team, Template, User
from concertim_api.domain.view.slots import Slot
from concertim_api.services.view.ports import RowContent, ViewRow

T = TypeVar("T", Rack, Device, Template, Team, User)

NOUNS: Mapping[type, str] = {
    Rack: "rack",
    Device: "device",
    Template: "template",
    Team: "team",
    User: "user",
}

_COLUMNS = {"project_id", "name", "status", "type", "start_u", "height_u"}

Reader = Callable[[Any], Any]

_MAKE: Mapping[Any, Reader] = {
    datetime: datetime.fromisoformat,
    Decimal: Decimal,
    tuple: tuple,
}


def _reader(hint: Any) -> Reader:
    """Return what makes a value of this type of a value of JSON."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType:
        read = _reader(inner[0])
        return lambda value: None if value is None else read(value)
    if origin is Mapping and inner[1] is not Any:
        read = _reader(inner[1])
        return lambda value: {key: read(v) for key, v in value.items()}
    return _MAKE.get(origin or hint, lambda value: value)


_HINTS = {noun: typing.get_type_hints(noun) for noun in NOUNS}

#: The fields of each noun that are columns.
_PLAIN = {noun: _COLUMNS & hints.keys() for noun, hints in _HINTS.items()}

#: The fields of each noun that are no columns, and make none up, each with
#: what reads it from the body.
_BODY: Mapping[type, Mapping[str, Reader]] = {
    noun: {
        name: _reader(hint)
        for name, hint in hints.items()
        if name not in (*_COLUMNS, "ref", "rack", "slot")
    }
    for noun, hints in _HINTS.items()
}

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z


def to_row(thing: Rack | Device | Template | Team | User) -> RowContent:
    """Return the row that shows a thing. What is equal, is equal text."""
    rack = getattr(thing, "rack", None)
    body = {name: getattr(thing, name) for name in _BODY[type(thing)]}
    columns: dict[str, Any] = {n: getattr(thing, n, None) for n in _COLUMNS}
    return RowContent(
        NOUNS[type(thing)],
        *thing.ref,
        body=orjson.dumps(body, default=_plain, option=_OPTIONS).decode(),
        rack_id=None if rack is None else rack.id,
        **columns,
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else dict(value)


def from_row(noun: type[T], row: ViewRow) -> T:
    """Return the thing that a row shows.

    A field that an older release did not write has its default.
    """
    body = orjson.loads(row.body)
    values: dict[str, Any] = {
        name: read(body[name])
        for name, read in _BODY[noun].items()
        if name in body
    }
    values |= {name: getattr(row, name) for name in _PLAIN[noun]}
    if noun is Device:
        start_u, height_u = row.start_u, row.height_u
        values["rack"] = Ref(row.region, "stack", row.rack_id or "")
        values["slot"] = (
            Slot(start_u, height_u) if start_u and height_u else None
        )
    return noun(ref=Ref(row.region, row.kind, row.id), **values)
