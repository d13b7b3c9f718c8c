"""Reading the query: every word of it is checked, none is ignored.

A marker is where a page ended: a word for the caller to bring back unread.
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
from concertim_api.domain import errors
from concertim_api.services.common.listing import Filter, Listing

#: What every list with pages can be asked.
PAGING = ("limit", "marker", "sort", "fields")

Sort = Sequence[tuple[str, bool]]

_MANY = 200
_OPERATOR = re.compile(r"(eq|neq|in|nin|gt|gte|lt|lte):(.*)", re.DOTALL)
_MARKER = types.Text(max_length=4096)


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What an operation can be asked.

    ``filters``: the fields of conditions, ``sort``: what a list with pages
    can be sorted by, the first being the default (``-`` before it: falling),
    ``whole``: a page is as large as allowed, unless a limit is given.
    """

    arguments: Mapping[str, Any] = dc.field(default_factory=dict)
    filters: Mapping[str, Any] = dc.field(default_factory=dict)
    sort: Sequence[str] = ()
    whole: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        paging = PAGING if self.sort else ()
        return (*self.arguments, *self.filters, *paging)


@dc.dataclass(frozen=True, slots=True)
class Asked:
    """A query that was read: arguments for the method, and fields to show."""

    arguments: dict[str, Any]
    fields: tuple[str, ...] | None = None


def read(
    query: Query, query_string: str, settings: Settings, item: Any
) -> Asked:
    """Return what was asked. Raises Invalid, naming the argument."""
    words = _words(query_string)
    for name in words:
        if name not in query.names:
            raise errors.Invalid(name[:64] or "query", "unknown argument")
    found = {
        name: value(name, declared, words[name])
        for name, declared in query.arguments.items()
        if name in words
    }
    for name, declared in query.arguments.items():
        if isinstance(declared, types.Limit):
            found[name] = _limit(words, settings, settings.default_limit)
    filters = tuple(
        _filter(name, declared, words[name])
        for name, declared in query.filters.items()
        if name in words
    )
    if not query.sort:
        return Asked({**found, "filters": filters} if query.filters else found)
    found["listing"] = _listing(query, words, filters, settings)
    return Asked(found, _fields(words.get("fields"), item))


def value(name: str, declared: Any, word: str) -> Any:
    """Return the value that a word means. Raises Invalid."""
    if "\x00" in word:
        raise errors.Invalid(name, "has a NUL character")
    try:
        return declared.parse(word)
    except ValueError as exc:
        raise errors.Invalid(name, str(exc)) from None


def _words(query_string: str) -> dict[str, str]:
    try:
        text = query_string.encode("latin-1").decode()
        pairs = parse.parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=100
        )
    except ValueError:
        raise errors.Invalid("query", "not UTF-8, or too long") from None
    words: dict[str, str] = {}
    for name, word in pairs:
        if name in words:
            raise errors.Invalid(name, "given more than once")
        words[name] = word
    return words


def _filter(name: str, declared: Any, word: str) -> Filter:
    match = _OPERATOR.fullmatch(word)
    operator, rest = match.groups() if match else ("eq", word)
    if operator not in declared.operators:
        raise errors.Invalid(name, f"the operator {operator} is not for this")
    if operator not in ("in", "nin"):
        return Filter(name, operator, value(name, declared, rest))
    many = rest.split(",")
    if len(many) > _MANY:
        raise errors.Invalid(name, f"more than {_MANY} values")
    return Filter(
        name, operator, tuple(value(name, declared, one) for one in many)
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
    asked = types.Limit(minimum=1, maximum=settings.max_limit)
    limit: int = value("limit", asked, words["limit"])
    return limit


def _sort(
    known: Sequence[str], word: str | None
) -> tuple[tuple[str, bool], ...]:
    if word is None:
        return ((known[0].lstrip("-"), known[0].startswith("-")),)
    keys = {key.lstrip("-") for key in known}
    found: dict[str, bool] = {}
    for part in word.split(","):
        key, _, direction = part.partition(":")
        if key not in keys:
            raise errors.Invalid("sort", f"not by one of {_listed(keys)}")
        if direction not in ("", "asc", "desc"):
            raise errors.Invalid("sort", "after the colon: asc or desc")
        if key in found:
            raise errors.Invalid("sort", f"{key} is given more than once")
        found[key] = direction == "desc"
    return tuple(found.items())


def _fields(word: str | None, item: Any) -> tuple[str, ...] | None:
    if word is None:
        return None
    known = types.fields(item)
    chosen = tuple(dict.fromkeys(word.split(",")))
    for name in chosen:
        if name not in known:
            raise errors.Invalid("fields", f"not of {_listed(known)}")
    return chosen


def _listed(names: Any) -> str:
    return ", ".join(sorted(names))


def encode_marker(sort: Sort, marker: Sequence[Any]) -> str:
    """Return a marker as a word that is safe in a URL."""
    document = orjson.dumps([_sort_word(sort), marker])
    return base64.urlsafe_b64encode(document).decode().rstrip("=")


def decode_marker(sort: Sort, word: str) -> tuple[Any, ...]:
    """Return the marker that a word means.

    Raises Invalid unless it is one of ours, for this order. Whether its
    values fit the list's columns is the store's to say.
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
