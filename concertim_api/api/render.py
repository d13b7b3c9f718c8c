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

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC

#: Rows that are rendered at once.
_CHUNK = 250

Row = Callable[[Any], dict[str, Any]]
Computed = Mapping[str, Callable[[Any], Any]]
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
    name: str, found: Iterator[dict[str, Any]], rest: Mapping[str, Any]
) -> Iterator[bytes]:
    """Yield the document of a page, a chunk of its rows at a time.

    What is on its way to the caller is never there as a whole. ``rest`` are
    the other fields of the document, one at least.
    """
    yield b'{"%s":[' % name.encode()
    separator = b""
    while chunk := list(itertools.islice(found, _CHUNK)):
        yield separator + dumps(chunk)[1:-1]
        separator = b","
    yield b"]," + dumps(rest)[1:]


def rows(
    datatype: Any,
    found: Sequence[Any],
    chosen: Names | None = None,
    computed: Computed | None = None,
) -> Iterator[dict[str, Any]]:
    """Return rows as dicts, each made when it is asked for.

    ``chosen``: those fields only. ``computed``: fields that are not the
    rows' own, with the functions that give their values. All rows are of one
    kind; named tuples are read by place, which is quicker than by name.
    """
    if not found:
        return iter(())
    layout = getattr(found[0], "_fields", None)
    computed = computed or {}
    names = tuple(sorted(computed))
    make = _compiled(datatype, chosen, names, layout and tuple(layout))
    each = make(*(computed[name] for name in names))
    return map(each, found)


def row(
    datatype: Any, found: Any, computed: Computed | None = None
) -> dict[str, Any]:
    """Return one row as a dict."""
    return next(rows(datatype, (found,), None, computed))


@functools.lru_cache(maxsize=512)
def _compiled(
    datatype: Any,
    chosen: Names | None,
    computed: Names,
    layout: Names | None,
) -> Callable[..., Row]:
    """Return the function that, given what is computed, makes the one that
    makes a dict of a row."""
    known: dict[str, Any] = {"_Fragment": orjson.Fragment, "_row": row}
    pairs = []
    for name, declared in types.fields(datatype).items():
        if chosen is not None and name not in chosen:
            continue
        if name in computed:
            value = f"_{name}(row)"
        elif layout:
            value = f"row[{layout.index(name)}]"
        else:
            value = f"row.{name}"
        pairs.append(f"{name!r}: {_expression(value, name, declared, known)}")
    arguments = ", ".join(f"_{name}" for name in computed)
    found = f"lambda row: {{{', '.join(pairs)}}}"
    source = f"def make({arguments}):\n    return {found}"
    # The names in it are those of our own declarations.
    exec(compile(source, f"<{datatype.__name__}>", "exec"), known)  # noqa: S102
    make: Callable[..., Row] = known["make"]
    return make


def _expression(
    value: str, name: str, declared: Any, known: dict[str, Any]
) -> str:
    """Return the Python that makes JSON of a value of this type."""
    item = types.item_of(declared)
    if item is not None:
        each = _expression("item", name, item, known)
        return value if each == "item" else f"[{each} for item in {value}]"
    if types.is_representation(declared):
        known[f"_type_{name}"] = declared
        return f"((v := {value}) and _row(_type_{name}, v))"
    if isinstance(declared, types.Attributes):
        return f"(_Fragment(v) if type(v := {value}) is str else v)"
    return value
