"""A message bus in a thread of its own: it listens, and reports on itself."""

from __future__ import annotations

import dataclasses as dc
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from concertim_api.domain.errors import Unavailable
from concertim_api.domain.waits import backoff
from concertim_api.listener.broker import Broker, Refused
from concertim_api.listener.intake import Dispatcher
from concertim_api.services.common.ports import Clock
from concertim_api.services.monitoring.ports import Heartbeat, HeartbeatWriter

LOG = logging.getLogger(__name__)

#: Seconds between two heartbeats.
BEAT = 5.0

#: Seconds before the second try to reach the broker, and at most.
FIRST, LONGEST = 1.0, 15.0

#: What ended so long ago is forgotten; and how often.
_FORGOTTEN, _FORGET = timedelta(days=1), timedelta(hours=1)


class NotificationServer(Protocol):
    """Gives a dispatcher the batches of a bus, in a thread of its own."""

    def stop(self) -> None:
        """Ask it to finish its batch; ``wait`` waits for that."""

    def wait(self) -> None: ...


class BrokerMeter(Protocol):
    """Measures how a broker is."""

    def looked(self, region: str, waiting: int | None, *, is_up: bool) -> None:
        """Note what waits at a broker, and whether it takes us."""


@dc.dataclass(frozen=True, slots=True)
class Reports:
    """Where a process reports, and as whom."""

    heartbeats: HeartbeatWriter
    clock: Clock
    name: str
    meter: BrokerMeter | None = None


class Bus:
    """Listens to the bus of a region while its broker takes us.

    A broker that does not answer, or refuses our user, is tried again: a line
    of the log for each try. A server that runs tries again for ever by
    itself, too, but oslo.messaging's dies of a refusal. ``broker`` None: the
    bus has none that could be asked. ``start`` returns what it started.
    Statements: 1 for each heartbeat, and 1 an hour. The last one says that
    the process was stopped.
    """

    def __init__(
        self,
        region: str,
        broker: Broker | None,
        start: Callable[[], tuple[Dispatcher, NotificationServer]],
        reports: Reports,
    ) -> None:
        self._region = region
        self._broker = broker
        self._start_server = start
        self._reports = reports
        self._started_at = reports.clock.now()
        self._forgot_at: datetime | None = None
        self._running: tuple[Dispatcher, NotificationServer] | None = None
        self._stored_at: datetime | None = None
        self._failures = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._loop, name=f"bus of {region}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to finish its batch; ``wait`` waits for that."""
        self._stopping.set()

    def wait(self) -> None:
        self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self._turn()
            except Exception:  # a fault of ours; the bus goes on
                LOG.exception("The bus of %s failed", self._region)
                pause = LONGEST
            self._stopping.wait(pause)
        self._end()
        if self._broker is not None:
            self._broker.close()
        self._beat(ended_at=self._reports.clock.now())

    def _turn(self) -> float:
        """Look at the broker, and report; return for how long to wait."""
        waiting, error = None, None
        try:
            if self._broker is not None:
                waiting = self._broker.waiting()
        except ConnectionError as exc:
            error = exc
        pause = BEAT
        if error is None:
            self._failures = 0
            self._begin(waiting)
        else:
            pause = self._failed(error)
        self._report(waiting, str(error) if error else self._problem())
        return pause

    def _problem(self) -> str | None:
        """Return why a server gets nothing, although its broker answers:
        that of Kafka knows."""
        _, server = self._running or (None, None)
        return getattr(server, "problem", None)

    def _begin(self, waiting: int | None) -> None:
        if self._running is None:
            self._running = self._start_server()
            LOG.info(
                "Listening to the notifications of %s%s",
                self._region,
                "" if waiting is None else f": {waiting} messages wait",
            )

    def _failed(self, error: ConnectionError) -> float:
        """Return the wait before the next try.

        A server that runs connects again by itself, and says so; where it is
        refused it could only fail.
        """
        if isinstance(error, Refused):
            self._end()
        if self._running is not None:
            return BEAT
        pause = backoff(self._failures, FIRST, LONGEST)
        self._failures += 1
        LOG.warning(
            "Waiting: the message bus of %s: %s; trying again in %g s",
            self._region,
            error,
            pause,
        )
        return pause

    def _end(self) -> None:
        """Finish the current batch, and stop listening."""
        if self._running is None:
            return
        dispatcher, server = self._running
        dispatcher.stop()
        server.stop()
        server.wait()
        self._stored_at = dispatcher.stored_at or self._stored_at
        self._running = None
        LOG.info("Stopped listening: %s", dispatcher.total)

    def _report(self, waiting: int | None, problem: str | None) -> None:
        meter = self._reports.meter
        if meter is not None:
            meter.looked(self._region, waiting, is_up=problem is None)
        if self._running is not None:
            self._stored_at = self._running[0].stored_at or self._stored_at
        self._beat(waiting=waiting, problem=problem)

    def _beat(self, **values: Any) -> None:
        """Store a heartbeat; and once an hour, forget old ones."""
        reports, now = self._reports, self._reports.clock.now()
        heartbeat = Heartbeat(
            name=reports.name,
            region=self._region,
            started_at=self._started_at,
            beat_at=now,
            stored_at=self._stored_at,
            **values,
        )
        try:
            reports.heartbeats.beat(heartbeat)
            if self._forgot_at is None or now - self._forgot_at > _FORGET:
                reports.heartbeats.forget(now - _FORGOTTEN)
                self._forgot_at = now
        except Unavailable as exc:  # a batch says so, if there is one
            LOG.debug("A heartbeat is not stored: %s", exc)
