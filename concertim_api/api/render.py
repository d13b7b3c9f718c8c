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
from typing import Any, NamedTuple

import orjson

from concertim_api.api import types
from concertim_api.services.common.listing import Computed, Page

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC

#: Rows that are rendered at once.
CHUNK = 250

Rendered = dict[str, Any] | orjson.Fragment
Names = tuple[str, ...]


class RowReading(NamedTuple):
    """How the rows of a page become dicts.

    ``read`` returns the values of ``names`` in a row; None: the row is these
    values. ``within``: names of what its body holds. ``texts``: of what may
    be stored as JSON. ``nested``: of rows within the row, and their renderers.
    """

    names: Names
    read: Callable[[Any], Any] | None
    within: Names
    texts: Names
    nested: tuple[tuple[str, Callable[[Any], Any]], ...]


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
    have, with the functions that return their values; one that the type does
    not declare is there if it is chosen. All rows have one type;
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
    computed = computed or {}
    layout = getattr(page[0], "_fields", None)
    reading = _reading(datatype, chosen, frozenset(computed), layout, unread)
    rendered = _dicts(reading, page, computed, unread)
    if reading.within and unread:
        return map(_joined, rendered, (record.body for record in page))
    return rendered


def _dicts(
    reading: RowReading, page: Sequence[Any], computed: Computed, unread: bool
) -> Iterator[dict[str, Any]]:
    """Yield each row as a dict; what is in an unread body is missing."""
    names, read, within, texts, nested = reading
    values = page if read is None else map(read, page)
    dicts: Iterator[dict[str, Any]]
    dicts = map(dict, map(zip, itertools.repeat(names), values))
    inner = () if unread else within
    if inner or nested or computed.keys() & names:
        dicts = _completed(reading, page, computed, inner, dicts)
    for fields in dicts:
        for name in texts:
            if type(text := fields[name]) is str:
                fields[name] = orjson.Fragment(text)
        yield fields


def _completed(
    reading: RowReading,
    page: Sequence[Any],
    computed: Computed,
    inner: Names,
    dicts: Iterator[dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    """Yield dicts of rows with what is computed, in a body, or a row."""
    replaced = computed.keys() & reading.names
    for record, fields in zip(page, dicts, strict=True):
        for name in replaced:
            fields[name] = computed[name](record)
        if inner:
            body = orjson.loads(record.body)
            fields.update((name, body.get(name)) for name in inner)
        for name, render in reading.nested:
            fields[name] = render(fields[name])
        yield fields


@functools.lru_cache(maxsize=512)
def _reading(
    datatype: Any,
    chosen: Names | None,
    computed: frozenset[str],
    layout: Names | None,
    unread: bool,
) -> RowReading:
    declared = types.fields(datatype)
    # What is computed need not be there: anything is read in its place.
    attributes = {
        name: "__class__" if name in computed else types.attribute(name)
        for name in declared
        if chosen is None or name in chosen
    }
    within: Names = ()
    if layout and "body" in layout:
        columns = {*layout, "__class__"}
        within = tuple(n for n, a in attributes.items() if a not in columns)
    for name in computed & {*(chosen or ())} - {*declared}:
        attributes[name] = "__class__"
    names = tuple(name for name in attributes if name not in within)
    converted = names if unread else names + within
    return RowReading(
        names,
        _reader([attributes[name] for name in names], layout),
        within,
        tuple(
            n
            for n in converted
            if isinstance(declared.get(n), types.Attributes)
        ),
        tuple((n, f) for n in converted if (f := _renderer(declared.get(n)))),
    )


def _reader(
    attributes: list[str], layout: Names | None
) -> Callable[[Any], Any] | None:
    if layout is None:
        # Two more, so that it returns a tuple even for one name.
        return operator.attrgetter(*attributes, "__class__", "__class__")
    if attributes == list(layout[: len(attributes)]):
        return None
    places = [0 if a == "__class__" else layout.index(a) for a in attributes]
    return operator.itemgetter(*places, 0, 0)


def _renderer(declared: Any) -> Callable[[Any], Any] | None:
    """Return what makes dicts of the rows within a row; None: it has none."""
    item = types.item_of(declared)
    if item is not None and types.is_representation(item):
        return lambda page: [*_nested(item, page)]
    if types.is_representation(declared):
        return lambda record: record and row(declared, record)
    return None


def _nested(datatype: Any, page: Page | Sequence[Any]) -> Iterator[Rendered]:
    """Return the rows within a row."""
    if isinstance(page, Page):
        return rows(datatype, page.rows, None, page.computed)
    return rows(datatype, page)


def _joined(columns: Mapping[str, Any], body: str) -> orjson.Fragment:
    """Return columns and body as one JSON object; each has something."""
    return orjson.Fragment(dumps(columns)[:-1] + b"," + body[1:].encode())
