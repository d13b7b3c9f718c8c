"""Values that are needed often, and remembered for a short while."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from concertim_api.services.common.ports import Clock

T = TypeVar("T")

_MAX_AGE = timedelta(seconds=60)


class Remembered(Generic[T]):
    """A value, fetched when it is older than a minute.

    One thread fetches it. Others wait for that one.
    """

    def __init__(self, clock: Clock, fetch: Callable[[], T]) -> None:
        self._clock = clock
        self._fetch = fetch
        self._lock = threading.Lock()
        self._entry: tuple[datetime, T] | None = None

    def get(self) -> T:
        """Return the value. Raises what fetching it raises."""
        with self._lock:
            now = self._clock.now()
            if self._entry is None or now - self._entry[0] > _MAX_AGE:
                self._entry = (now, self._fetch())
            return self._entry[1]

    def put(self, value: T) -> None:
        """Remember a value that another request has fetched."""
        with self._lock:
            self._entry = (self._clock.now(), value)
