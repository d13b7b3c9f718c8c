"""The jobs of the agent: those that the services offer."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

from concertim_api import services
from concertim_api.services.jobs.job import Job


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    """Yield the jobs of all modules in ``services`` that offer some, by a
    function ``jobs(conf, built)``: see ``services.jobs.job``."""
    prefix = f"{services.__name__}."
    for info in pkgutil.walk_packages(services.__path__, prefix):
        offer = getattr(importlib.import_module(info.name), "jobs", None)
        if inspect.isfunction(offer):
            yield from offer(conf, built)
