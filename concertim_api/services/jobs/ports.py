"""Jobs: the row, and the ports of where they are written down."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from datetime import datetime
from typing import Any


@dc.dataclass(frozen=True, slots=True)
class JobRecord:
    """A job of the agents: when it last ran, and what came of it.

    ``interval`` in seconds. ``finished_at`` before ``started_at``, or None:
    it runs, or its agent died. ``outcome``: done, partial or failed.
    ``asked_at``: somebody wants it to run (None: nobody does, or it is done
    with), with the options ``asked``.
    """

    name: str
    interval: float = 0
    agent: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: str | None = None
    summary: Mapping[str, Any] = dc.field(default_factory=dict)
    error: str | None = None
    asked_at: datetime | None = None
    asked: Mapping[str, Any] = dc.field(default_factory=dict)
