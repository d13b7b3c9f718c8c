"""What an agent counts of the runs of its jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import prometheus_client as client

from concertim_api.instrumentation import declared

OUTCOMES = ("done", "partial", "failed")


class AgentMeter:
    """The meter of ``agent.runner``."""

    def __init__(self, registry: client.CollectorRegistry) -> None:
        self._runs = declared.JOB_RUNS.made(registry)
        self._duration = declared.JOB_DURATION.made(registry)
        self._things = declared.THINGS.made(registry)

    def has(self, job: str) -> None:
        for outcome in (*OUTCOMES, "idle"):
            self._runs.labels(job, outcome)

    def ran(
        self,
        job: str,
        outcome: str,
        summary: Mapping[str, Any],
        *,
        idle: bool,
        seconds: float,
    ) -> None:
        is_idle = idle and outcome == "done"
        self._runs.labels(job, "idle" if is_idle else outcome).inc()
        if not idle:
            self._duration.labels(job).observe(seconds)
        for kind, became, number in _figures(summary):
            if number > 0:
                self._things.labels(job, kind, became).inc(number)


def _figures(summary: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """Yield kind, word and number of all that a summary counts."""
    for name, value in summary.items():
        if type(value) is int:
            yield "", name, value
        elif isinstance(value, Mapping):
            for word, number in value.items():
                if type(number) is int:
                    yield name, word, number
