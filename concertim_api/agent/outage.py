"""Something that we depend on is down: one log line then, and one after."""

from __future__ import annotations

import logging
import threading

LOG = logging.getLogger(__name__)


class Outage:
    """Whether one thing is down, for all threads that need it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._reason = ""

    def began(self, reason: str) -> None:
        """Note that it is down. Logged if it was not down before."""
        with self._lock:
            is_news, self._reason = not self._reason, reason
        if is_news:
            LOG.warning("Waiting for %s: %s", self._name, reason)

    def ended(self) -> bool:
        """Note that it works; return whether it was down."""
        with self._lock:
            is_news, self._reason = bool(self._reason), ""
        if is_news:
            LOG.info("No more waiting: %s works again", self._name)
        return is_news
