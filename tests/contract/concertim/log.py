"""The log of requests."""

from __future__ import annotations

import collections
import re
import threading
import typing

import orjson

_ID = re.compile(r"(?<=/)[0-9a-f]{8}-[0-9a-f-]{27}")


class Entry(typing.NamedTuple):
    """One request. The path has its query; nobody answered if no status."""

    method: str
    path: str
    body: dict | None
    status: int | None
    time: float


class Log(list):
    """The entries, in the order in which requests were answered."""

    def __init__(self, stream=None):
        super().__init__()
        self._stream = stream
        self._lock = threading.Lock()

    def add(self, entry):
        """Keep an entry, and write it down as a line of JSON."""
        with self._lock:
            self.append(entry)
            if self._stream:
                line = orjson.dumps(entry._asdict()).decode()
                print(line, file=self._stream, flush=True)

    def count(self, beginning=""):
        """Return how many requests ("GET /path?query") begin so."""
        return sum(
            f"{entry.method} {entry.path}".startswith(beginning)
            for entry in list(self)
        )

    def counts(self):
        """Return the number of requests by method and route."""
        return collections.Counter(
            f"{entry.method} {_ID.sub(':id', entry.path.partition('?')[0])}"
            for entry in list(self)
        )
