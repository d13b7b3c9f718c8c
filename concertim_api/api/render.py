"""From rows to JSON, some hundred at a time.

WSME's types declare the fields. How each is read from a row is computed once
for each type and choice of fields. WSME's objects are never built.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson

from concertim_api.api import types
from concertim_api.services.common.listing import Computed, Page

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC

#: Rows that are rendered at once.
CHUNK = 250

Rendered = dict[str, Any] | orjson.Fragment
Names = tuple[str, ...]

Reader = Callable[[Any], Any]

#: A field's name, and what reads it from a row.
Field = tuple[str, Reader]
Fields = tuple[Field, ...]


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
    name: str, rendered: Iterator[Rendered], rest: Mapping[str, Any]
) -> Iterator[bytes]:
    """Yield the document of a page, a chunk of its rows at a time.

    The whole page is never in memory as JSON. ``rest``: the other fields of
    the document, at least one.
    """
    yield b'{"%s":[' % name.encode()
    separator = b""
    while chunk := list(itertools.islice(rendered, CHUNK)):
        yield separator + dumps(chunk)[1:-1]
        separator = b","
    yield b"]," + dumps(rest)[1:]


def rows(
    datatype: Any,
    page: Sequence[Any],
    chosen: Names | None = None,
    computed: Computed | None = None,
) -> Iterator[Rendered]:
    """Return rows as dicts or ready JSON, each made when it is asked for.

    ``chosen``: those fields only. ``computed``: fields that the rows don't
    have, with the functions that return their values. All rows have one type;
    named tuples are read by index, which is quicker than by name.

    The ``body`` of a row holds, as JSON, the fields that are not columns. If
    all fields are chosen, it is passed on unread: it must hold nothing else.
    """
    return _each(datatype, page, chosen, computed, chosen is None)


def row(
    datatype: Any,
    record: Any,
    computed: Computed | None = None,
    chosen: Names | None = None,
) -> dict[str, Any]:
    """Return one row as a dict."""
    rendered: dict[str, Any]
    rendered = next(_each(datatype, (record,), chosen, computed, False))
    return rendered


def _each(
    datatype: Any,
    page: Sequence[Any],
    chosen: Names | None,
    computed: Computed | None,
    unread: bool,
) -> Iterator[Any]:
    if not page:
        return iter(())
    layout = getattr(page[0], "_fields", None)
    computed = computed or {}
    columns, within = _fields(datatype, chosen, frozenset(computed), layout)
    if computed:
        declared = types.fields(datatype)
        columns = tuple(
            (n, _reader(declared[n], computed[n]) if n in computed else read)
            for n, read in columns
        )
    rendered = ({n: read(record) for n, read in columns} for record in page)
    if not within:
        return rendered
    if unread:
        return (
            _joined(r, p.body) for r, p in zip(rendered, page, strict=True)
        )
    return (
        r | _opened(p.body, within)
        for r, p in zip(rendered, page, strict=True)
    )


@functools.lru_cache(maxsize=512)
def _fields(
    datatype: Any,
    chosen: Names | None,
    computed: frozenset[str],
    layout: Names | None,
) -> tuple[Fields, Fields]:
    """Return the fields that are read from the row, or computed; and those
    that are read from its body."""
    columns: list[Field] = []
    within: list[Field] = []
    for name, declared in types.fields(datatype).items():
        if chosen is not None and name not in chosen:
            continue
        read: Reader
        attribute = types.attribute(name)
        fields = columns
        if layout is None or name in computed:
            read = operator.attrgetter(attribute)
        elif attribute in layout or "body" not in layout:
            read = operator.itemgetter(layout.index(attribute))
        else:
            fields, read = within, operator.methodcaller("get", name)
        fields.append((name, _reader(declared, read)))
    return tuple(columns), tuple(within)


def _reader(declared: Any, read: Reader) -> Reader:
    """Return what reads a value of this type, and makes JSON of it; what is
    stored as JSON is left as it is."""
    item = types.item_of(declared)
    if item is not None and types.is_representation(item):
        return lambda source: [*_nested(item, read(source))]
    if types.is_representation(declared):
        return lambda source: (v := read(source)) and row(declared, v)
    if isinstance(declared, types.Attributes):
        return lambda source: (
            orjson.Fragment(v) if type(v := read(source)) is str else v
        )
    return read


def _nested(datatype: Any, page: Page | Sequence[Any]) -> Iterator[Rendered]:
    """Return the rows within a row."""
    if isinstance(page, Page):
        return rows(datatype, page.rows, None, page.computed)
    return rows(datatype, page)


def _joined(columns: Mapping[str, Any], body: str) -> orjson.Fragment:
    """Return columns and body as one JSON object; each has something."""
    return orjson.Fragment(dumps(columns)[:-1] + b"," + body[1:].encode())


def _opened(body: str, fields: Fields) -> dict[str, Any]:
    source = orjson.loads(body)
    return {name: read(source) for name, read in fields}
