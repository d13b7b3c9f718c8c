"""The agent as a process."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import cotyledon
from oslo_config import cfg

from concertim_api.agent.agent import Agent
from concertim_api.domain.errors import ConcertimError

LOG = logging.getLogger(__name__)


class AgentService(cotyledon.Service):
    """The worker process. ``agent`` makes the agent in it."""

    name = "agent"

    def __init__(
        self,
        worker_id: Any,
        conf: cfg.ConfigOpts,
        agent: Callable[[cfg.ConfigOpts], Agent],
        check: Callable[[cfg.ConfigOpts], Any],
    ) -> None:
        super().__init__(worker_id)
        self._conf = conf
        self._make_agent = agent
        self._check = check
        self._running: Agent | None = None

    def run(self) -> None:
        self._running = self._make_agent(self._conf)
        self._running.start()

    def terminate(self) -> None:
        """Finish the current page or transaction, and stop."""
        if self._running is not None:
            self._running.stop(self._conf.agent.stop_timeout)

    def reload(self) -> None:
        """End, so that a new process begins with the new options. If they are
        wrong, go on with the old ones."""
        if not self._conf.reload_config_files():
            return  # which was logged
        if problem := self._problem():
            LOG.error("The options of before stay in force: %s", problem)
        else:
            super().reload()

    def _problem(self) -> str:
        try:
            self._check(self._conf)
        except (ConcertimError, cfg.Error) as exc:
            return str(exc)
        return ""
