"""The log of requests."""

from __future__ import annotations

import typing


class Entry(typing.NamedTuple):
    """One request. The path has its query; nobody answered if no status."""

    method: str
    path: str
    body: dict | None
    status: int | None
    time: float


class Log(list):
    """The entries, in the order in which requests were answered."""

    def count(self, beginning=""):
        """Return how many requests ("GET /path?query") begin so."""
        return sum(
            f"{entry.method} {entry.path}".startswith(beginning)
            for entry in list(self)
        )
