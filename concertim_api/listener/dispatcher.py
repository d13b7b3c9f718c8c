"""Between oslo.messaging and the intake."""

from __future__ import annotations

import dataclasses as dc
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from concertim_api.domain import errors
from concertim_api.listener.intake import Counts, Intake, Message

LOG = logging.getLogger(__name__)


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
        wait_max: float = 30.0,
        meter: Meter | None = None,
    ) -> None:
        self._intake = intake
        self._meter = meter
        self._region = region
        self._wait = wait
        self._wait_max = wait_max
        self._delay = wait
        self._stopping = threading.Event()
        self.total = Counts()
        if meter is not None:
            meter.listens(region)

    def dispatch(self, incoming: Sequence[Any]) -> set[Any]:
        """Take a batch; return what the broker must deliver again.

        That is nothing, or, after a wait, all of it: while the database is
        down. Whatever is not returned is acknowledged, after the commit.
        """
        messages = [
            message.message
            if isinstance(message.message, dict)
            else {"message": message.message}
            for message in incoming
        ]
        try:
            self._take(messages)
        except errors.Unavailable as exc:
            reason = str(exc)
        except Exception as exc:  # oslo.messaging would requeue without wait
            LOG.exception("A batch of %s failed", self._region)
            reason = f"{type(exc).__name__}: see above"
        else:
            self._delay = self._wait
            return set()
        LOG.warning(
            "%d notifications of %s go back to the broker, and again in "
            "%.1f s: %s",
            len(messages),
            self._region,
            self._delay,
            reason,
        )
        if self._meter is not None:
            self._meter.returned(self._region, len(messages))
        self._stopping.wait(self._delay)
        self._delay = min(self._delay * 2, self._wait_max)
        return set(incoming)

    def _take(self, messages: Sequence[Message]) -> None:
        began = time.monotonic()
        counts = self._intake.take(messages, self._region)
        self.total += counts
        if self._meter is not None:
            self._meter.taken(
                self._region,
                messages,
                dc.asdict(counts),
                time.monotonic() - began,
            )

    def stop(self) -> None:
        """End a wait for the database at once."""
        self._stopping.set()
