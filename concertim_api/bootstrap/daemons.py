"""The daemons and WSGI applications: the API, the listener, the agent."""

from __future__ import annotations

import dataclasses as dc
import os
import socket
from typing import TYPE_CHECKING, Any

from oslo_config import cfg

from concertim_api import conf as options
from concertim_api.bootstrap.configuration import version
from concertim_api.bootstrap.drivers import clouds, front_end
from concertim_api.bootstrap.services import Services, services
from concertim_api.services.common.offers import offers

if TYPE_CHECKING:
    from concertim_api.agent.agent import Agent
    from concertim_api.instrumentation.listener import ListenerMeter


def api(conf: cfg.ConfigOpts, built: Services | None = None) -> Any:
    """Return the WSGI application."""
    from concertim_api.api import app  # no daemon needs Pecan
    from concertim_api.instrumentation import build

    built = built or services(conf, clouds(conf))
    return app.build(conf, built, build.api(conf))


def check_keystone(conf: cfg.ConfigOpts) -> None:
    """Raise Unavailable unless Keystone lets the API check tokens."""
    from concertim_api.api import auth

    auth.check(conf, services(conf).service_login)


def concertim_dialect(conf: cfg.ConfigOpts) -> Any:
    """Return the WSGI application of the legacy dialect.

    Raises Invalid, naming the option, if it can't work: without a secret,
    say, or without a cloud.
    """
    from concertim_api.api.dialects.concertim import app
    from concertim_api.instrumentation import build

    built = services(conf, clouds(conf))
    return app.build(conf, built, built.clouds, build.api(conf))


def almanach_dialect(
    conf: cfg.ConfigOpts, built: Services | None = None
) -> Any:
    """Return the WSGI application of Almanach's dialect.

    Raises Invalid, naming the option, if no caller could be known.
    """
    from concertim_api.api.dialects.almanach import app
    from concertim_api.instrumentation import build

    built = built or services(conf)
    return app.build(conf, built, version(), build.api(conf))


def metrics_page(conf: cfg.ConfigOpts) -> Any:
    """Return the WSGI application that shows what the API counts."""
    from concertim_api.instrumentation import build

    return build.page(conf)


def check_listener(conf: cfg.ConfigOpts) -> None:
    """Raise Invalid unless a listener can work with the options."""
    from concertim_api.instrumentation import build

    services(conf)
    build.check(conf)


def listener_meter(conf: cfg.ConfigOpts, worker: int) -> ListenerMeter | None:
    """Return the meter of a worker of the listener; None: nothing counts."""
    from concertim_api.instrumentation import build

    return build.listener(conf, worker)


def check_agent(conf: cfg.ConfigOpts) -> None:
    """Raise Invalid, or ``cfg.Error``, unless an agent can work with the
    options. Asks neither the cloud nor the database."""
    from concertim_api.agent import announcer, coordination

    options.check(conf)
    announcer.check(conf)
    services(conf)
    clouds(conf)
    front_end(conf)
    coordination.check(conf.agent.coordination_url)


def agent(conf: cfg.ConfigOpts, built: Services | None = None) -> Agent:
    """Return the agent, with its jobs; they start when it is started.

    The API in the same process may share the services: then it is logged in
    already. Raises Invalid if the agent can't work with an option.
    """
    # the API needs no tooz
    from concertim_api.agent import agent as agents
    from concertim_api.agent import announcer, coordination
    from concertim_api.instrumentation import build
    from concertim_api.services.monitoring.backlog import Backlogs

    built = dc.replace(
        built or services(conf, clouds(conf)),
        front_end=front_end(conf),
        announcer=announcer.build(conf),
    )
    coordination.prepare(conf.agent.coordination_url)
    common = coordination.Coordination(
        conf.agent.coordination_url, conf.agent.coordination_prefix
    )
    store, clock = built.store, built.clock
    backlogs = Backlogs(
        store.jobs,
        store.refreshes,
        store.histories,
        store.operations,
        store.dead_letters,
        store.heartbeats,
        clock,
        {region: cloud.kinds for region, cloud in built.clouds.items()},
        store.bindings if built.front_end is not None else None,
        store.settlements if built.billing.is_owed else None,
        store.postings if built.billing.system is not None else None,
        built.month_close.grace,
    )
    return agents.Agent(
        offers("jobs", conf, built),
        store.jobs,
        clock,
        common,
        f"{socket.gethostname()}:{os.getpid()}",
        build.agent(conf, backlogs.look),
    )
