"""What a worker of the listener counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import prometheus_client as client

from concertim_api.instrumentation import declared
from concertim_api.payloads import facts

#: Regions that are counted, at most, and what all others count as. A message
#: may name its region, so there is no end of them.
_REGIONS, _OTHERS = 100, "others"


class ListenerMeter:
    """The meter of ``listener.intake`` and ``listener.bus``."""

    def __init__(
        self,
        registry: client.CollectorRegistry,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._now = now
        self._regions: set[str] = set()
        self._notifications = declared.NOTIFICATIONS.made(registry)
        self._ahead = declared.AHEAD.made(registry)
        self._returned = declared.RETURNED.made(registry)
        self._size = declared.BATCH_SIZE.made(registry)
        self._duration = declared.BATCH_DURATION.made(registry)
        self._lag = declared.LAG.made(registry)
        self._last = declared.LAST_BATCH.made(registry)
        self._waiting = declared.QUEUE_MESSAGES.made(registry)
        self._broker_up = declared.BROKER_UP.made(registry)

    def listens(self, transport: str) -> None:
        self._expect(transport)
        self._returned.labels(transport)
        self._size.labels(transport)

    def _expect(self, region: str) -> None:
        """Show a region with zeros: a rate needs a value before the first."""
        self._regions.add(region)
        for became in ("new", "known", "ignored", "unlisted", "dead"):
            self._notifications.labels(region, became)
        self._ahead.labels(region)

    def stored(self, transport: str, number: int, seconds: float) -> None:
        self._size.labels(transport).observe(number)
        self._duration.labels(transport).observe(seconds)

    def taken(
        self,
        region: str,
        messages: Sequence[Mapping[str, Any]],
        counts: Mapping[str, int],
    ) -> None:
        now, region = self._now(), self._label(region)
        for name, number in counts.items():
            if name != "ahead":
                self._notifications.labels(region, name).inc(number)
        self._ahead.labels(region).inc(counts["ahead"])
        self._last.labels(region).set(now)
        sent = [at for m in messages if (at := _sent(m)) is not None]
        if sent:
            self._lag.labels(region).observe(max(now - min(sent), 0))

    def _label(self, region: str) -> str:
        if region not in self._regions:
            region = region if len(self._regions) < _REGIONS else _OTHERS
            self._expect(region)
        return region

    def returned(self, transport: str, number: int) -> None:
        self._returned.labels(transport).inc(number)

    def looked(self, region: str, waiting: int | None, *, is_up: bool) -> None:
        self._broker_up.labels(region).set(float(is_up))
        if waiting is not None:
            self._waiting.labels(region).set(waiting)


def _sent(message: Mapping[str, Any]) -> float | None:
    """Return when a notification was sent; None: it does not say."""
    try:
        at = facts.moment(message.get("timestamp"), "timestamp")
    except ValueError:
        return None
    return None if at is None else at.timestamp()
