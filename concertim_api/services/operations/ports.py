"""The ports of what is written down of operations."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.operations import Operation, Seen
from concertim_api.services.common.listing import Filter, Listing, Page


class OperationCounter(Protocol):
    """How many operations wait."""

    def waiting(self) -> Mapping[str, int]:
        """Count the operations that are ``open``, and those that are
        ``untold``. 1 statement."""


class OperationLister(Protocol):
    """Operations, page by page. 1 statement."""

    def page(self, listing: Listing) -> Page:
        """Return Operations. Fields to filter by: those of Operation but
        ``arguments``, ``error``, ``name``; ``sort`` by asked_at (default,
        the newest first)."""


class OperationWriter(Protocol):
    """Where it is written what became of operations. 1 statement."""

    def save(self, operation: Operation) -> None:
        """Write what became of an operation.

        If its state is another than the one that was last announced, it is
        to be announced.
        """


class PurgeLog(OperationLister, OperationWriter, Protocol):
    """Purges, and what becomes of them."""


class OperationLog(OperationLister, OperationWriter, Protocol):
    """What callers have the cloud do. 1 statement each."""

    def add(self, operation: Operation) -> None:
        """Write an operation down; it is to be announced."""

    def one(
        self, operation_id: str, filters: Collection[Filter] = ()
    ) -> Operation:
        """Return an operation. Raises NotFound."""


class OpenOperations(OperationWriter, Protocol):
    """Operations until they end, and after. 1 statement each."""

    def open_ones(self, limit: int) -> list[Operation]:
        """Return the operations that are not finished, those to be looked
        at first at first."""

    def seen(self, refs: Collection[Ref]) -> Mapping[Ref, Seen]:
        """Return what is known of these resources."""

    def forget(self, before: datetime, limit: int) -> int:
        """Forget finished operations that were asked for before a moment,
        so many at most; return how many."""


class UntoldOperations(Protocol):
    """Operations that are to be announced. 1 statement, unless another
    number stands there."""

    def untold(self, limit: int) -> list[Operation]:
        """Return operations whose state is to be announced, the oldest
        first."""

    def told(self, operations: Collection[Operation]) -> None:
        """Note that these were announced as they are here. 1 statement
        each: they are few."""
