"""What the cloud in memory has accepted, and not finished."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta


class Deferred:
    """Work that is done ``delay`` after it was accepted; at once if there is
    none. Nothing runs by itself: whoever reads the cloud calls ``run``."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.delay = timedelta(0)
        self._now = now
        self._waiting: list[tuple[datetime, str, Callable[[], None]]] = []

    def later(self, thing_id: str, do: Callable[[], None]) -> None:
        """Do it in time, and nothing else to this thing."""
        self._waiting = [one for one in self._waiting if one[1] != thing_id]
        if self.delay:
            self._waiting.append((self._now() + self.delay, thing_id, do))
        else:
            do()

    def run(self) -> None:
        """Do what is due."""
        now = self._now()
        due = [one for one in self._waiting if one[0] <= now]
        self._waiting = [one for one in self._waiting if one[0] > now]
        for _, _, do in due:
            do()
