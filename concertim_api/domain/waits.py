"""How long to wait before something is tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

Wait = TypeVar("Wait", float, timedelta)

#: Nothing doubles more often: what comes after is too long for a timedelta.
_DOUBLINGS = 16


def backoff(attempt: int, first: Wait, longest: Wait) -> Wait:
    """Return the wait after a failed attempt; the first one is number 0.

    Twice as long after each one, up to the longest; the same each time after
    65536 times the first.
    """
    wait: Wait = first * 2 ** min(attempt, _DOUBLINGS)
    return min(wait, longest)
