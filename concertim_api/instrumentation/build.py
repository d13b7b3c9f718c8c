"""The meters that [instrumentation] asks for; None: it asks for none."""

from __future__ import annotations

import logging
import pathlib
from collections.abc import Callable
from typing import Any

from oslo_config import cfg

from concertim_api.domain.errors import Invalid
from concertim_api.instrumentation import shared
from concertim_api.instrumentation.agent import AgentMeter
from concertim_api.instrumentation.api import ApiMeter
from concertim_api.instrumentation.backlog import BacklogCollector
from concertim_api.instrumentation.listener import ListenerMeter
from concertim_api.instrumentation.server import Server
from concertim_api.services.monitoring.backlog import Backlog

_LAST_PORT = 65535

LOG = logging.getLogger(__name__)


def api(conf: cfg.ConfigOpts) -> ApiMeter | None:
    """Return the meter of a process of the API, if it can count."""
    if not conf.instrumentation.api:
        return None
    try:
        shared.share(_folder(conf))
    except OSError as exc:
        LOG.warning("Requests are not counted: %s", exc)
        return None
    return ApiMeter(registry=None)


def page(conf: cfg.ConfigOpts) -> Any:
    """Return the WSGI application that shows what all processes count."""
    return shared.page(_folder(conf))


def _folder(conf: cfg.ConfigOpts) -> pathlib.Path:
    return pathlib.Path(conf.state_path) / "metrics"


def check(conf: cfg.ConfigOpts) -> None:
    """Raise Invalid unless there is a port for each worker."""
    first, workers = conf.instrumentation.listener_port, conf.listener.workers
    if first is not None and first + workers - 1 > _LAST_PORT:
        raise Invalid(
            "[instrumentation] listener_port",
            f"there are not {workers} ports from {first} on",
        )


def listener(conf: cfg.ConfigOpts, worker: int) -> ListenerMeter | None:
    """Return the meter of a worker of the listener, and begin to show it."""
    first = conf.instrumentation.listener_port
    if first is None:
        return None
    server = Server(conf.instrumentation.address, first + worker)
    server.start()
    return ListenerMeter(server.registry)


def agent(
    conf: cfg.ConfigOpts, look: Callable[[], Backlog]
) -> AgentMeter | None:
    """Return the meter of an agent, and begin to show it and the backlog."""
    port = conf.instrumentation.agent_port
    if port is None:
        return None
    server = Server(conf.instrumentation.address, port)
    max_age = conf.instrumentation.max_age
    server.registry.register(BacklogCollector(look, max_age))
    server.start()
    return AgentMeter(server.registry)
