"""Between oslo.messaging and the intake."""

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

#: Seconds at most until a batch is tried again that can't be stored although
#: the database answers.
_PAUSE = 30.0


#: Stores messages of a region.
Take = Callable[[Sequence[Message], str], Counts]


class Meter(Protocol):
    """Is told what becomes of batches."""

    def listens(self, region: str) -> None:
        """There will be batches of a region."""

    def taken(
        self,
        region: str,
        messages: Sequence[Message],
        became: Mapping[str, int],
        seconds: float,
    ) -> None:
        """A batch was stored, after so long."""

    def returned(self, region: str, number: int) -> None:
        """So many notifications go back to the broker."""


class Dispatcher:
    """Takes the batches of one region's message bus.

    In the place of oslo.messaging's own dispatcher, which splits a batch by
    priority and requeues all of it for one malformed message, for ever.
    """

    #: Services tell failures at "error", all else at "info".
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
        """Take a batch; return what the broker must deliver again.

        While the database is away it is asked every ``wait`` seconds, and
        the batch is taken as soon as it answers. If it answers and does not
        take the batch twice, its messages are taken one by one. What is
        returned is nothing, or all of it, after ``wait_max`` seconds or
        when we stop. Whatever is not returned is acknowledged, after the
        commit.
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
        """Store a batch; return whether that could be done in time."""
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
        """Try to store a batch; return why it can't be, or nothing."""
        try:
            self._take(messages, take)
        except errors.Unavailable as exc:
            return errors.in_full(exc)
        except Exception as exc:  # oslo.messaging would requeue without wait
            LOG.exception("A batch of %s failed", self._region)
            return f"{type(exc).__name__}: see above"
        return ""

    def _answers(self, pause: float, end: float) -> bool:
        """After a pause, ask the database until it answers; return whether
        it did before the end."""
        while not self._stopping.wait(max(min(pause, end - monotonic()), 0)):
            if monotonic() >= end:
                break
            try:
                self._intake.check()
            except Exception as exc:  # a fault of ours is no answer either
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
