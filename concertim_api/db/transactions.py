"""How a query comes to a connection: what the store hands to SQL classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy.engine import Connection

T = TypeVar("T")


class Read(Protocol):
    def __call__(self, query: Callable[[Connection], T], /) -> T:
        """Run a query in a transaction that only reads.

        Raises Unavailable, Invalid.
        """


class Change(Protocol):
    def __call__(self, work: Callable[[Connection], T], /) -> T:
        """Do work in a transaction; do it again after a deadlock.

        Raises Unavailable, Invalid.
        """
