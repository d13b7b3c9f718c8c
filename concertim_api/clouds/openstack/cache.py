"""What is asked for again and again, remembered for a short while."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from concertim_api.services.common.ports import Clock

T = TypeVar("T")

_FRESH = timedelta(seconds=60)


class Remembered(Generic[T]):
    """A value, fetched when it is older than a minute.

    While one thread fetches it, others wait for that.
    """

    def __init__(self, clock: Clock, fetch: Callable[[], T]) -> None:
        self._clock = clock
        self._fetch = fetch
        self._lock = threading.Lock()
        self._known: tuple[datetime, T] | None = None

    def get(self) -> T:
        """Return the value. Raises what fetching it raises."""
        with self._lock:
            now = self._clock.now()
            if self._known is None or now - self._known[0] > _FRESH:
                self._known = (now, self._fetch())
            return self._known[1]

    def put(self, value: T) -> None:
        """Remember a value that was seen by the way."""
        with self._lock:
            self._known = (self._clock.now(), value)
