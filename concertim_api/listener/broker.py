"""The broker of a region: whether it takes us, and what waits there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Refused(ConnectionError):
    """The broker answers, and does not take our user."""


class Broker(Protocol):
    """What a region's bus is asked, beside its messages. One thread uses it.

    Each method raises ConnectionError with a sentence for operators, which
    names the option and has no password.
    """

    def check(self) -> Sequence[str]:
        """Return doubts about what we are to read there, and disconnect.

        Raises Mismatch if the broker will refuse our queue.
        """

    def waiting(self) -> int | None:
        """Return how many messages are ready for us; None: there is nothing
        yet that could have some.

        Keeps its connection, and replaces it where it was closed.
        """

    def close(self) -> None:
        """Disconnect."""
