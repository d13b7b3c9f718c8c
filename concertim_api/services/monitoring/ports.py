"""What monitoring needs: the heartbeats of listeners, and what is unseen."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

#: A process without a heartbeat for so long is taken for ended.
SILENT = timedelta(seconds=60)


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What a process of the listener last reported of a region.

    ``name``: its host and its process id. ``stored_at``: when it last stored
    a batch; None: never yet. ``waiting``: the messages that were ready in its
    queue, or the lag of its group; None: nobody could say. ``problem``: what
    is wrong with the broker, in a sentence for operators; None: nothing.
    ``ended_at``: when it was stopped; None: it runs, or died.
    """

    name: str
    region: str
    started_at: datetime
    beat_at: datetime
    stored_at: datetime | None = None
    waiting: int | None = None
    problem: str | None = None
    ended_at: datetime | None = None

    def is_alive(self, now: datetime) -> bool:
        """Return whether the process runs, as far as its row says."""
        return self.ended_at is None and now - self.beat_at <= SILENT


class HeartbeatReader(Protocol):
    def heartbeats(self) -> list[Heartbeat]:
        """Return all heartbeats, by region and name. 1 statement."""


class HeartbeatWriter(Protocol):
    def beat(self, heartbeat: Heartbeat) -> None:
        """Store a heartbeat in the place of the one before.

        1 statement; the first of a process takes 2.
        """

    def forget(self, before: datetime) -> None:
        """Forget the heartbeats of processes that ended long ago.

        1 statement.
        """


class HiddenStackReader(Protocol):
    def hidden_stacks(self) -> Mapping[str, int]:
        """Return how many stacks the view leaves out, by project.

        Those that run, and have no rack because their project is not ours. A
        project is there by its name, or else by its id; most stacks first.
        1 statement.
        """
