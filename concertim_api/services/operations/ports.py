"""The ports of the log of operations."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.operations import Evidence, Operation
from concertim_api.services.common.listing import Filter, Listing, Page


class OperationCounter(Protocol):
    """A count of the operations that wait."""

    def waiting(self) -> Mapping[str, int]:
        """Return how many are ``open`` (not finished), and ``untold`` (to be
        announced). 1 statement."""


class OperationLister(Protocol):
    """Operations, page by page. 1 statement."""

    def page(self, listing: Listing) -> Page:
        """Return Operations. Fields to filter by: those of Operation but
        ``arguments``, ``error``, ``name``; ``sort`` by asked_at (default,
        the newest first)."""


class OperationWriter(Protocol):
    """Stores changes of operations. 1 statement."""

    def save(self, operation: Operation) -> None:
        """Store a change of an operation; one that has ended stays so.

        A state that differs from the announced one is to be announced.
        """


class PurgeLog(OperationLister, OperationWriter, Protocol):
    """Purges, to be read and changed."""


class OperationLog(OperationLister, OperationWriter, Protocol):
    """Operations of callers. 1 statement each."""

    def add(self, operation: Operation) -> Operation | None:
        """Store a new operation; it is to be announced. Return None.

        If the cloud has not answered another one with the same subject, it
        is returned, and nothing is stored. 3 statements more. ``save`` says
        that the cloud has answered; so does the time of ``look_at``.
        """

    def is_unchanged(self, user_id: str, since: datetime) -> bool:
        """Whether no operation on a user was answered since a moment, and
        none waits for its answer."""

    def get(
        self, operation_id: str, filters: Collection[Filter] = ()
    ) -> Operation:
        """Return an operation. Raises NotFound."""


class OpenOperations(OperationWriter, Protocol):
    """Operations, to be followed to their end. 1 statement each."""

    def unfinished(self, limit: int) -> list[Operation]:
        """Return operations that are not finished, by ``look_at``."""

    def evidence(self, refs: Collection[Ref]) -> Mapping[Ref, Evidence]:
        """Return the evidence of the ledger on these resources."""

    def is_alone(self, operation: Operation) -> bool:
        """Whether no other action on the same resource was under way since
        an operation was asked for; if it leaves no trace, nor the same one
        again. One that failed does not count."""

    def forget(self, before: datetime, limit: int) -> int:
        """Delete finished operations that were asked for before a moment,
        ``limit`` at most. Returns how many."""


class UnannouncedOperations(Protocol):
    """Operations that are to be announced."""

    def unannounced(self, limit: int) -> list[Operation]:
        """Return operations whose state is to be announced, oldest first. 1
        statement."""

    def set_announced(self, operations: Collection[Operation]) -> None:
        """Note that these states were announced. 1 statement each: they are
        few."""
