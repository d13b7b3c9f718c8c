"""Waits between the attempts of a request."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

Wait = TypeVar("Wait", float, timedelta)

#: The most doublings: after more, a wait is too long for a timedelta.
_DOUBLINGS = 16


def backoff(attempt: int, first: Wait, longest: Wait) -> Wait:
    """Return the wait after a failed attempt; the first one is number 0.

    It doubles after each attempt, up to the longest wait and to 65536 times
    the first one.
    """
    wait: Wait = first * 2 ** min(attempt, _DOUBLINGS)
    return min(wait, longest)
