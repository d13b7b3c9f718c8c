"""A limit of pages: lists of others may have no end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

#: Pages of one list. Services give 100 objects a page or more, if they have
#: them: no cloud has a million of a kind.
MAX_PAGES = 10_000


class TooManyPages(Exception):
    """A list has more pages than are read of any."""


def limited(pages: Iterable[T], most: int = MAX_PAGES) -> Iterator[T]:
    """Yield pages. Raises TooManyPages instead of one too many."""
    for number, page in enumerate(pages):
        if number == most:
            raise TooManyPages(f"there are more than {most} pages")
        yield page
