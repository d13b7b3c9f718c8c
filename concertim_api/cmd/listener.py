"""concertim-listener: record the notifications of the cloud, for ever."""

from __future__ import annotations

import logging
import sys

import cotyledon
from cotyledon import oslo_config_glue
from oslo_config import cfg

from concertim_api import bootstrap
from concertim_api.cmd import errors
from concertim_api.listener import service

LOG = logging.getLogger(__name__)

PROG = "concertim-listener"


def main() -> None:
    with errors.exit_with_message(PROG):
        conf = bootstrap.configure(
            sys.argv[1:], prog=PROG, parts=service.places
        )
        bootstrap.check_listener(conf)  # before any message
        for doubt in service.doubts(conf):
            LOG.warning("%s", doubt)
        for complaint in service.check(conf):
            LOG.warning("Waiting: %s", complaint)
    manager = cotyledon.ServiceManager()
    manager.add(
        service.ListenerService,
        workers=conf.listener.workers,
        args=(conf, _parts, bootstrap.listener_meter),
    )
    oslo_config_glue.setup(manager, conf)
    manager.run()


def _parts(conf: cfg.ConfigOpts) -> service.Parts:
    built = bootstrap.services(conf)
    bootstrap.spare_collector()
    return service.Parts(built.intake, built.store.heartbeats)
