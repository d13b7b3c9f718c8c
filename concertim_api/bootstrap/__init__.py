"""The composition root: nothing else builds what the services need."""

from concertim_api.bootstrap.configuration import (
    PROJECT,
    configure,
    files,
    sources,
    unread,
)
from concertim_api.bootstrap.daemons import (
    agent,
    almanach_dialect,
    api,
    check_agent,
    check_keystone,
    check_listener,
    concertim_dialect,
    listener_meter,
    metrics_page,
)
from concertim_api.bootstrap.drivers import clouds, front_end
from concertim_api.bootstrap.process import SystemClock, spare_collector
from concertim_api.bootstrap.services import (
    Services,
    archiver,
    kinds,
    rules,
    services,
    store,
)

__all__ = [
    "PROJECT",
    "Services",
    "SystemClock",
    "agent",
    "archiver",
    "api",
    "check_agent",
    "check_keystone",
    "check_listener",
    "clouds",
    "almanach_dialect",
    "concertim_dialect",
    "configure",
    "files",
    "front_end",
    "kinds",
    "listener_meter",
    "metrics_page",
    "rules",
    "services",
    "sources",
    "spare_collector",
    "store",
    "unread",
]
