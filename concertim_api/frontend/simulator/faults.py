"""What can go wrong on the way, and the log of requests.

A fault is a tuple:

    ("status", 503[, document[, headers]])   refuse, and do nothing
    ("status_after", 504[, ..])              do it, and then refuse
    ("delay", seconds)                       do it later
    ("drop_before",)                         close, and do nothing
    ("drop_after",)                          do it, and close unanswered
"""

from __future__ import annotations

import dataclasses as dc
import re
import threading
import typing


class Dropped(ConnectionError):
    """The connection is to be closed without an answer."""


@dc.dataclass
class Rule:
    """The first ``after`` requests go well, then ``times`` meet the fault."""

    pattern: str
    fault: tuple
    after: int = 0
    times: float = float("inf")
    met: int = 0

    def hits(self, line):
        if not re.search(self.pattern, line):
            return False
        self.met += 1
        return self.after < self.met <= self.after + self.times


class Faults:
    """Rules; the first that a request ("GET /path?query") hits decides."""

    def __init__(self):
        self.rules = []
        self._lock = threading.Lock()

    def add(self, pattern, *fault, after=0, times=float("inf")):
        """Let requests that match a pattern meet a fault."""
        self.rules.append(Rule(pattern, fault, after, times))

    def clear(self):
        self.rules.clear()

    def __call__(self, method, path):
        line = f"{method} {path}"
        with self._lock:
            hit = [rule for rule in self.rules if rule.hits(line)]
        return hit[0].fault if hit else None


class Entry(typing.NamedTuple):
    """One request. The path has its query; nobody answered if no status."""

    method: str
    path: str
    body: dict | None
    status: int | None


class Log(list):
    """The entries, in the order in which requests were answered."""

    def count(self, beginning=""):
        """Return how many requests ("GET /path?query") begin so."""
        return sum(
            f"{entry.method} {entry.path}".startswith(beginning)
            for entry in list(self)
        )
