"""Where a page ended, as a word for the caller to bring back unread."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import orjson

from concertim_api.domain import errors

Sort = Sequence[tuple[str, bool]]


def encode(sort: Sort, marker: Sequence[Any]) -> str:
    """Return a marker as a word that is safe in a URL."""
    document = orjson.dumps([_order(sort), marker])
    return base64.urlsafe_b64encode(document).decode().rstrip("=")


def decode(sort: Sort, word: str) -> tuple[Any, ...]:
    """Return the marker that a word means.

    Raises Invalid unless it is one of ours, for this order. Whether its
    values fit the list's columns is the store's to say.
    """
    try:
        padded = word.encode("ascii") + b"=" * (-len(word) % 4)
        plain = base64.b64decode(padded, altchars=b"-_", validate=True)
        order, values = orjson.loads(plain)
        marker = tuple(_checked(value) for value in values)
    except (ValueError, TypeError):
        raise errors.Invalid(
            "marker", "not of this list; it comes in the link to a next page"
        ) from None
    if order != _order(sort):
        raise errors.Invalid("marker", "of another order than sort asks for")
    return marker


def _order(sort: Sort) -> str:
    return ",".join(f"{key}:{'desc' if down else 'asc'}" for key, down in sort)


def _checked(value: Any) -> Any:
    number = type(value) is int and -(2**63) <= value < 2**63
    if number or (type(value) is str and "\x00" not in value):
        return value
    raise ValueError
