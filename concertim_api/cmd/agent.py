"""concertim-agent: run the periodic jobs, for ever."""

from __future__ import annotations

import logging
import sys

import cotyledon
from cotyledon import oslo_config_glue
from oslo_config import cfg

from concertim_api import bootstrap
from concertim_api.agent import coordination, service
from concertim_api.agent.agent import Agent
from concertim_api.cmd import errors

LOG = logging.getLogger(__name__)

PROG = "concertim-agent"


def main() -> None:
    with errors.exit_with_message(PROG):
        conf = bootstrap.configure(sys.argv[1:], prog=PROG)
        bootstrap.check_agent(conf)
        coordination.prepare(conf.agent.coordination_url)
        if not bootstrap.clouds(conf):
            LOG.warning(
                "No cloud is configured: nothing is synced, and the view "
                "shows only what notifications report."
            )
    manager = cotyledon.ServiceManager()
    # One process: its jobs are threads. Others are standbys.
    manager.add(
        service.AgentService,
        workers=1,
        args=(conf, _agent, bootstrap.check_agent),
    )
    oslo_config_glue.setup(manager, conf)
    manager.run()


def _agent(conf: cfg.ConfigOpts) -> Agent:
    agent = bootstrap.agent(conf)
    bootstrap.spare_collector()
    return agent
