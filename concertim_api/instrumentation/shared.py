"""Counters that the processes of a web server share."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable
from typing import Any

import prometheus_client as client
from prometheus_client import values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from concertim_api.caching import Caching
from concertim_api.instrumentation import slots
from concertim_api.instrumentation.installed import BuildCollector

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def prepare(folder: pathlib.Path) -> None:
    """Make the folder if it is missing. Raises OSError."""
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)


def share(folder: pathlib.Path) -> None:
    """Let all metrics that this process makes from now on count in a folder.

    Raises OSError.
    """
    prepare(folder)
    os.environ[_FOLDER] = str(folder)
    slot = slots.Slots(folder)
    values.ValueClass = values.MultiProcessValue(slot.name)


class Sums(Collector):
    """Adds up what all processes count, and all that have ended."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[client.Metric]:
        files = filter(slots.is_sound, self._folder.glob("*.db"))
        metrics: Iterable[client.Metric] = MultiProcessCollector.merge(
            [str(path) for path in files]
        )
        return metrics


def registry(folder: pathlib.Path) -> client.CollectorRegistry:
    """Return what shows the sums of all processes. Raises OSError."""
    prepare(folder)
    sums = client.CollectorRegistry()
    sums.register(BuildCollector())
    sums.register(Sums(folder))
    return sums


def page(folder: pathlib.Path) -> Any:
    """Return a WSGI application that shows them. Raises OSError."""
    return Caching(client.make_wsgi_app(registry(folder)))
