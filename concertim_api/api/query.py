"""Reading the query: every argument is checked, none is ignored.

A marker says where a page ended. The caller sends it back as it is.
"""

from __future__ import annotations

import base64
import dataclasses as dc
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib import parse

import orjson

from concertim_api.api import types
from concertim_api.api.context import Settings
from concertim_api.api.versions import Version
from concertim_api.domain import errors
from concertim_api.services.common.listing import Filter, Listing

#: The arguments of every list with pages.
PAGING = ("limit", "marker", "sort", "fields")

Sort = Sequence[tuple[str, bool]]

_MAX_VALUES = 200
_OPERATOR = re.compile(r"(eq|neq|in|nin|gt|gte|lt|lte):(.*)", re.DOTALL)
_MARKER = types.Text(max_length=4096)


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The arguments that an endpoint has.

    ``added``: the microversions of the arguments that came later.
    ``filters``: the fields of conditions. ``sort``: the keys of a list with
    pages; the first is the default (``-`` before it: descending). ``whole``:
    a page without a limit is as large as allowed.
    """

    arguments: Mapping[str, Any] = dc.field(default_factory=dict)
    added: Mapping[str, Version] = dc.field(default_factory=dict)
    filters: Mapping[str, Any] = dc.field(default_factory=dict)
    sort: Sequence[str] = ()
    whole: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        paging = PAGING if self.sort else ()
        return (*self.arguments, *self.filters, *paging)

    def has(self, name: str, version: Version) -> bool:
        """Whether it has an argument, in a microversion."""
        return name in self.names and self.added.get(name, version) <= version


@dc.dataclass(frozen=True, slots=True)
class Arguments:
    """The values for a method's arguments, and the fields to show."""

    values: dict[str, Any]
    fields: tuple[str, ...] | None = None


def read(
    query: Query,
    query_string: str,
    settings: Settings,
    item: Any,
    version: Version,
) -> Arguments:
    """Return what a query says. Raises Invalid, naming the argument."""
    words = _words(query, query_string)
    for name in words:
        if not query.has(name, version):
            raise errors.Invalid(name[:64] or "query", "unknown argument")
    values = {
        name: value(name, declared, words[name])
        for name, declared in query.arguments.items()
        if name in words
    }
    for name, declared in query.arguments.items():
        if isinstance(declared, types.PageSize):
            values[name] = _limit(words, settings, settings.default_limit)
    filters = tuple(
        _filter(name, declared, words[name])
        for name, declared in query.filters.items()
        if name in words
    )
    if not query.sort:
        return Arguments(
            {**values, "filters": filters} if query.filters else values
        )
    values["listing"] = _listing(query, words, filters, settings)
    return Arguments(values, _fields(words.get("fields"), item))


def value(name: str, declared: Any, word: str | list[str]) -> Any:
    """Return the value of a word, or of the words of one that is repeated.

    Raises Invalid.
    """
    if "\x00" in "".join(word):
        raise errors.Invalid(name, "has a NUL character")
    try:
        return declared.parse(word)
    except ValueError as exc:
        raise errors.Invalid(name, str(exc)) from None


def _words(query: Query, query_string: str) -> dict[str, Any]:
    """Return the word of each argument; of one that is repeated, a list."""
    try:
        text = query_string.encode("latin-1").decode()
        pairs = parse.parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=100
        )
    except ValueError:
        raise errors.Invalid("query", "not UTF-8, or too long") from None
    words: dict[str, Any] = {}
    for name, word in pairs:
        if isinstance(query.arguments.get(name), types.Repeated):
            words.setdefault(name, []).append(word)
            continue
        if name in words:
            raise errors.Invalid(name, "given more than once")
        words[name] = word
    return words


def _filter(name: str, declared: Any, word: str) -> Filter:
    match = _OPERATOR.fullmatch(word)
    operator, operand = match.groups() if match else ("eq", word)
    if operator not in declared.operators:
        raise errors.Invalid(name, f"the operator {operator} is not for this")
    if operator not in ("in", "nin"):
        return Filter(name, operator, value(name, declared, operand))
    words = operand.split(",")
    if len(words) > _MAX_VALUES:
        raise errors.Invalid(name, f"more than {_MAX_VALUES} values")
    return Filter(
        name, operator, tuple(value(name, declared, text) for text in words)
    )


def _listing(
    query: Query,
    words: Mapping[str, str],
    filters: tuple[Filter, ...],
    settings: Settings,
) -> Listing:
    default = settings.max_limit if query.whole else settings.default_limit
    sort = _sort(query.sort, words.get("sort"))
    marker = None
    if "marker" in words:
        word = value("marker", _MARKER, words["marker"])
        marker = decode_marker(sort, word)
    return Listing(filters, sort, _limit(words, settings, default), marker)


def _limit(words: Mapping[str, str], settings: Settings, default: int) -> int:
    if "limit" not in words:
        return default
    datatype = types.PageSize(minimum=1, maximum=settings.max_limit)
    limit: int = value("limit", datatype, words["limit"])
    return limit


def _sort(
    choices: Sequence[str], word: str | None
) -> tuple[tuple[str, bool], ...]:
    if word is None:
        return ((choices[0].lstrip("-"), choices[0].startswith("-")),)
    keys = {key.lstrip("-") for key in choices}
    directions: dict[str, bool] = {}
    for part in word.split(","):
        key, _, direction = part.partition(":")
        if key not in keys:
            raise errors.Invalid("sort", f"not by one of {_joined(keys)}")
        if direction not in ("", "asc", "desc"):
            raise errors.Invalid("sort", "after the colon: asc or desc")
        if key in directions:
            raise errors.Invalid("sort", f"{key} is given more than once")
        directions[key] = direction == "desc"
    return tuple(directions.items())


def _fields(word: str | None, item: Any) -> tuple[str, ...] | None:
    if word is None:
        return None
    names = types.fields(item)
    chosen = tuple(dict.fromkeys(word.split(",")))
    for name in chosen:
        if name not in names:
            raise errors.Invalid("fields", f"not of {_joined(names)}")
    return chosen


def _joined(names: Any) -> str:
    return ", ".join(sorted(names))


def encode_marker(sort: Sort, marker: Sequence[Any]) -> str:
    """Return a marker as a word that is safe in a URL."""
    document = orjson.dumps([_sort_word(sort), marker])
    return base64.urlsafe_b64encode(document).decode().rstrip("=")


def decode_marker(sort: Sort, word: str) -> tuple[Any, ...]:
    """Return the marker that a word holds.

    Raises Invalid unless we made it, for this order. The store checks
    whether its values fit the columns of the list.
    """
    try:
        padded = word.encode("ascii") + b"=" * (-len(word) % 4)
        plain = base64.b64decode(padded, altchars=b"-_", validate=True)
        order, values = orjson.loads(plain)
        marker = tuple(_marker_value(value) for value in values)
    except (ValueError, TypeError):
        raise errors.Invalid(
            "marker", "not of this list; it comes in the link to a next page"
        ) from None
    if order != _sort_word(sort):
        raise errors.Invalid("marker", "of another order than sort asks for")
    return marker


def _sort_word(sort: Sort) -> str:
    return ",".join(f"{key}:{'desc' if down else 'asc'}" for key, down in sort)


def _marker_value(value: Any) -> Any:
    number = type(value) is int and -(2**63) <= value < 2**63
    if number or (type(value) is str and "\x00" not in value):
        return value
    raise ValueError
