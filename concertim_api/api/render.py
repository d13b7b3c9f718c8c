"""From rows to JSON, a thousand at a time.

WSME's types say which fields there are. What turns a row into a dict is
compiled from them, once for each type and choice of fields: building WSME's
objects, and walking them, takes sixty times as long.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson

from concertim_api.api import types
from concertim_api.services.found import Computed, Found

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC

#: Rows that are rendered at once.
CHUNK = 250

Rendered = dict[str, Any] | orjson.Fragment
Names = tuple[str, ...]


def dumps(document: Any) -> bytes:
    """Return a document as JSON. Times end in Z, decimals are strings."""
    return orjson.dumps(document, default=_plain, option=_OPTIONS)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


def streamed(
    name: str, found: Iterator[Rendered], rest: Mapping[str, Any]
) -> Iterator[bytes]:
    """Yield the document of a page, a chunk of its rows at a time.

    What is on its way to the caller is never there as a whole. ``rest`` are
    the other fields of the document, one at least.
    """
    yield b'{"%s":[' % name.encode()
    separator = b""
    while chunk := list(itertools.islice(found, CHUNK)):
        yield separator + dumps(chunk)[1:-1]
        separator = b","
    yield b"]," + dumps(rest)[1:]


def rows(
    datatype: Any,
    found: Sequence[Any],
    chosen: Names | None = None,
    computed: Computed | None = None,
) -> Iterator[Rendered]:
    """Return rows as dicts or ready JSON, each made when it is asked for.

    ``chosen``: those fields only. ``computed``: fields that are not the
    rows' own, with the functions that give their values. All rows are of one
    kind; named tuples are read by place, which is quicker than by name.

    What rows with a ``body`` don't have as columns is in there, as JSON. If
    all of it is wanted, it is passed on unread: the body must hold nothing
    else.
    """
    return _each(datatype, found, chosen, computed, chosen is None)


def row(
    datatype: Any,
    found: Any,
    computed: Computed | None = None,
    chosen: Names | None = None,
) -> dict[str, Any]:
    """Return one row as a dict."""
    made: dict[str, Any]
    made = next(_each(datatype, (found,), chosen, computed, False))
    return made


def _each(
    datatype: Any,
    found: Sequence[Any],
    chosen: Names | None,
    computed: Computed | None,
    unread: bool,
) -> Iterator[Any]:
    if not found:
        return iter(())
    layout = getattr(found[0], "_fields", None)
    computed = computed or {}
    names = tuple(sorted(computed))
    make = _compiled(datatype, chosen, names, layout and tuple(layout), unread)
    return map(make(*(computed[name] for name in names)), found)


@functools.lru_cache(maxsize=512)
def _compiled(
    datatype: Any,
    chosen: Names | None,
    computed: Names,
    layout: Names | None,
    unread: bool,
) -> Callable[..., Callable[[Any], Rendered]]:
    """Return the function that, given what is computed, makes the one that
    renders a row."""
    known: dict[str, Any] = {
        "_Fragment": orjson.Fragment,
        "_row": row,
        "_nested": _nested,
        "_loads": orjson.loads,
        "_joined": _joined,
    }
    columns: list[str] = []
    within: list[str] = []
    for name, declared in types.fields(datatype).items():
        if chosen is not None and name not in chosen:
            continue
        value = _value(name, computed, layout)
        pair = f"{name!r}: {_expression(value, name, declared, known)}"
        (within if value.startswith("body") else columns).append(pair)
    body = f"row[{layout.index('body')}]" if within and layout else ""
    if body and unread:
        found = f"lambda row: _joined({{{', '.join(columns)}}}, {body})"
    elif body:
        each = f"lambda row, body: {{{', '.join(columns + within)}}}"
        found = f"lambda row, each={each}: each(row, _loads({body}))"
    else:
        found = f"lambda row: {{{', '.join(columns)}}}"
    arguments = ", ".join(f"_{name}" for name in computed)
    source = f"def make({arguments}):\n    return {found}"
    # The names in it are those of our own declarations.
    exec(compile(source, f"<{datatype.__name__}>", "exec"), known)  # noqa: S102
    make: Callable[..., Callable[[Any], Rendered]] = known["make"]
    return make


def _value(name: str, computed: Names, layout: Names | None) -> str:
    """Return the Python that finds the value of a field."""
    attribute = types.attribute(name)
    if name in computed:
        return f"_{name}(row)"
    if layout is None:
        return f"row.{attribute}"
    if attribute in layout or "body" not in layout:
        return f"row[{layout.index(attribute)}]"
    return f"body.get({name!r})"


def _nested(datatype: Any, found: Found | Sequence[Any]) -> Iterator[Rendered]:
    """Return the rows within a row."""
    if isinstance(found, Found):
        return rows(datatype, found.rows, None, found.computed)
    return rows(datatype, found)


def _joined(columns: Mapping[str, Any], body: str) -> orjson.Fragment:
    """Return columns and body as one JSON object; each has something."""
    return orjson.Fragment(dumps(columns)[:-1] + b"," + body[1:].encode())


def _expression(
    value: str, name: str, declared: Any, known: dict[str, Any]
) -> str:
    """Return the Python that makes JSON of a value of this type."""
    item = types.item_of(declared)
    if item is not None and types.is_representation(item):
        known[f"_type_{name}"] = item
        return f"[*_nested(_type_{name}, {value})]"
    if types.is_representation(declared):
        known[f"_type_{name}"] = declared
        return f"((v := {value}) and _row(_type_{name}, v))"
    if isinstance(declared, types.Attributes):
        return f"(_Fragment(v) if type(v := {value}) is str else v)"
    return value
