"""Values that are needed often, and remembered for a short while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from cachetools import TTLCache

from concertim_api.services.common.ports import Clock

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

#: Seconds. A listing that takes longer than that fetches values again.
MINUTE = 60

#: So many values are remembered, unless it is said otherwise.
_MAX_ENTRIES = 1000


class Remembered(Generic[K, T]):
    """Values by key, for ``seconds``, in any thread. If there are too many,
    the one that was not used for the longest time is forgotten."""

    def __init__(
        self,
        seconds: float,
        now: Callable[[], float] = time.monotonic,
        max_entries: int = _MAX_ENTRIES,
    ) -> None:
        self._lock = threading.Lock()
        self._values: TTLCache[K, T] = TTLCache(max_entries, seconds, now)

    def get(self, key: K) -> T | None:
        with self._lock:
            self._values.expire()  # an old value must not stay in memory
            return self._values.get(key)

    def put(self, key: K, value: T) -> None:
        with self._lock:
            self._values[key] = value
            self._values.expire()  # at once, if ``seconds`` is 0

    def drop(self, key: K) -> None:
        with self._lock:
            self._values.pop(key, None)

    def fetched(self, key: K, fetch: Callable[[], T]) -> T:
        """Return a value; fetch it if it is not remembered. None is not
        remembered. Raises what fetching it raises."""
        value = self.get(key)
        if value is None:
            value = fetch()
            if value is not None:
                self.put(key, value)
        return value


def seconds_of(clock: Clock) -> Callable[[], float]:
    """Return the time of a clock, as ``Remembered`` needs it."""
    return lambda: clock.now().timestamp()
