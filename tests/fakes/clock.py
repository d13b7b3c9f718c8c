"""A clock that a test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, UTC)


class Clock:
    """Stands still until it is moved."""

    def __init__(self, time=NOON):
        self.time = time

    def now(self):
        return self.time

    def advance(self, **delta):
        self.time += timedelta(**delta)
