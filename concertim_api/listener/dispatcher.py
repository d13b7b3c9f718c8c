"""The batches of oslo.messaging, handed to the intake."""

from __future__ import annotations

import dataclasses as dc
import itertools
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any, Protocol

from concertim_api.domain import errors
from concertim_api.domain.waits import backoff
from concertim_api.listener.intake import Counts, Intake, Message

LOG = logging.getLogger(__name__)

#: Seconds before the next try, at most, if a batch can not be stored although
#: the database answers.
_PAUSE = 30.0

#: Stores messages of a region. Raises Unavailable.
Take = Callable[[Sequence[Message], str], Counts]


class Meter(Protocol):
    """Measures what becomes of batches."""

    def listens(self, region: str) -> None:
        """Expect batches of a region."""

    def taken(
        self,
        region: str,
        messages: Sequence[Message],
        counts: Mapping[str, int],
        seconds: float,
    ) -> None:
        """Count a stored batch. ``counts``: the fields of ``Counts``."""

    def returned(self, region: str, number: int) -> None:
        """Count notifications that go back to the broker."""


class Dispatcher:
    """Stores the batches of one region's message bus.

    It replaces oslo.messaging's dispatcher, which splits a batch by priority
    and, for one malformed message, requeues all of it for ever. ``wait``,
    ``wait_max``: seconds, see ``dispatch``.
    """

    #: Services send failures at "error", all else at "info".
    supported_priorities = ("info", "warn", "error")

    def __init__(
        self,
        intake: Intake,
        region: str,
        wait: float = 1.0,
        wait_max: float = 120.0,
        meter: Meter | None = None,
    ) -> None:
        self._intake = intake
        self._meter = meter
        self._region = region
        self._wait = wait
        self._wait_max = wait_max
        self._stopping = threading.Event()
        self.total = Counts()
        if meter is not None:
            meter.listens(region)

    def dispatch(self, incoming: Sequence[Any]) -> set[Any]:
        """Store a batch; return the messages to deliver again.

        These are none of them; or all, if they could not be stored in
        ``wait_max`` seconds, or if the listener stops. The others are
        acknowledged, after the commit. While the database is away it is
        asked every ``wait`` seconds. If it answers and refuses the batch
        twice, the messages are stored one by one. Raises nothing.
        """
        messages = [
            message.message
            if isinstance(message.message, dict)
            else {"message": message.message}
            for message in incoming
        ]
        if self._stored(messages):
            return set()
        if self._meter is not None:
            self._meter.returned(self._region, len(messages))
        return set(incoming)

    def _stored(self, messages: Sequence[Message]) -> bool:
        """Store a batch; return False if that took too long."""
        failure = self._failure(messages, self._intake.take)
        if not failure:
            return True
        began, batch = monotonic(), (len(messages), self._region)
        take = self._intake.take
        longest = max(_PAUSE, self._wait)
        for attempt in itertools.count():
            LOG.warning("%d notifications of %s wait: %s", *batch, failure)
            pause = backoff(attempt, self._wait, longest)
            if not self._answers(pause, began + self._wait_max):
                break
            failure = self._failure(messages, take)
            if not failure:
                LOG.info(
                    "%d notifications of %s were stored after %.1f s",
                    *batch,
                    monotonic() - began,
                )
                return True
            take = self._intake.take_each
        LOG.warning("%d notifications of %s go back to the broker", *batch)
        return False

    def _failure(self, messages: Sequence[Message], take: Take) -> str:
        """Try to store a batch; return the reason if it fails, or ""."""
        try:
            self._take(messages, take)
        except errors.Unavailable as exc:
            return errors.in_full(exc)
        except Exception as exc:  # oslo.messaging would requeue without wait
            LOG.exception("A batch of %s failed", self._region)
            return f"{type(exc).__name__}: see above"
        return ""

    def _answers(self, pause: float, end: float) -> bool:
        """Ask the database, after a pause, until it answers.

        Return False if it does not before the end, or if the listener stops.
        """
        while not self._stopping.wait(max(min(pause, end - monotonic()), 0)):
            if monotonic() >= end:
                break
            try:
                self._intake.check()
            except Exception as exc:  # a fault of ours is no answer
                LOG.debug("The database: %s", exc)
                pause = self._wait
            else:
                return True
        return False

    def _take(self, messages: Sequence[Message], take: Take) -> None:
        began = monotonic()
        counts = take(messages, self._region)
        self.total += counts
        if self._meter is not None:
            self._meter.taken(
                self._region,
                messages,
                dc.asdict(counts),
                monotonic() - began,
            )

    def stop(self) -> None:
        """End a wait for the database at once."""
        self._stopping.set()
