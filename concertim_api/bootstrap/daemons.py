"""What runs: the API, the listener, the agent, and what they do."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from oslo_config import cfg

from concertim_api import conf as options
from concertim_api.bootstrap.drivers import SystemClock, clouds, front_end
from concertim_api.bootstrap.services import Services, rules, services
from concertim_api.services.accounts.purges import Purger
from concertim_api.services.cloud.reading import Cloud
from concertim_api.services.cloud.region import Region
from concertim_api.services.ledger.refresh import Refresher
from concertim_api.services.ledger.sync import Sync
from concertim_api.services.operations.announcements import Announcements
from concertim_api.services.operations.outcomes import Outcomes
from concertim_api.services.push.pusher import Pusher

if TYPE_CHECKING:
    from concertim_api.agent.agent import Agent
    from concertim_api.instrumentation.listener import ListenerMeter


def api(conf: cfg.ConfigOpts, built: Services | None = None) -> Any:
    """Return the WSGI application."""
    from concertim_api.api import app  # Pecan is not the daemons' business
    from concertim_api.instrumentation import build

    found = built or services(conf, clouds(conf))
    return app.build(conf, found, build.api(conf))


def compat(conf: cfg.ConfigOpts, built: Services | None = None) -> Any:
    """Return the WSGI application of the legacy dialect.

    Raises Invalid, naming the option, if it can't work: without a secret,
    say, or without a cloud.
    """
    from concertim_api.api.dialects.concertim import app
    from concertim_api.instrumentation import build

    regions_ = clouds(conf)
    found = built or services(conf, regions_)
    return app.build(conf, found, regions_, build.api(conf))


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
    """Return what counts for a worker of the listener, if anything does."""
    from concertim_api.instrumentation import build

    return build.listener(conf, worker)


def pusher(
    conf: cfg.ConfigOpts, built: Services, regions_: Collection[str]
) -> Pusher | None:
    """Return the push to the front end, if there is one. Raises Invalid."""
    to = front_end(conf)
    if to is None:
        return None
    own = conf.frontend
    return Pusher(
        built.store.bindings,
        built.store.view,
        built.store.projection,
        built.store.jobs,
        to,
        SystemClock(),
        regions=regions_,
        max_delete_ratio=own.max_delete_ratio,
        concurrency=own.concurrency,
        survey_interval=own.survey_interval,
    )


def outcomes(
    conf: cfg.ConfigOpts, built: Services, regions_: Mapping[str, Cloud]
) -> Outcomes:
    """Return what looks after operations."""
    own = conf.operations
    return Outcomes(
        built.store.operations,
        built.recorder,
        regions_,
        SystemClock(),
        timeout=timedelta(seconds=own.confirm_timeout),
        keep=timedelta(days=own.keep_days) if own.keep_days else None,
    )


def purger(
    conf: cfg.ConfigOpts, built: Services, regions_: Mapping[str, Region]
) -> Purger:
    """Return what deletes teams with all that is in them."""
    return Purger(
        built.store.ledger,
        built.store.operations,
        built.recorder,
        regions_,
        SystemClock(),
        timeout=timedelta(seconds=conf.operations.confirm_timeout),
    )


def announcements(conf: cfg.ConfigOpts, built: Services) -> Announcements:
    """Return what tells of operations."""
    from concertim_api.agent import announcer

    return Announcements(built.store.operations, announcer.build(conf))


def sync(conf: cfg.ConfigOpts, built: Services) -> Sync:
    """Return the full sync."""
    return Sync(
        built.store.sync,
        built.recorder,
        SystemClock(),
        conf.agent.max_delete_ratio,
    )


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

    Raises Invalid if an option has a value that it can't work with.
    """
    # tooz is not the API's business
    from concertim_api.agent import agent as agents
    from concertim_api.agent import coordination
    from concertim_api.agent import jobs as table
    from concertim_api.instrumentation import build
    from concertim_api.services.monitoring.backlog import Backlogs
    from concertim_api.services.view.projector import Projector

    built = built or services(conf)
    # What is done to a cloud in memory is seen by whoever has the same.
    clock, regions_ = SystemClock(), built.clouds or clouds(conf)
    store = built.store
    own, push = conf.agent, pusher(conf, built, regions_)
    all_jobs = table.table(
        table.Intervals(
            view=own.view_interval,
            refresh=own.refresh_interval,
            changes=own.changes_interval,
            sync=own.sync_interval,
            push=conf.frontend.push_interval,
            operations=conf.operations.interval,
        ),
        store.jobs,
        Projector(store.projection, clock, rules(conf)),
        Refresher(store.refreshes, built.recorder, regions_, clock),
        sync(conf, built),
        regions_,
        push,
        outcomes(conf, built, regions_),
        announcements(conf, built),
        purger(conf, built, regions_),
    )
    coordination.prepare(own.coordination_url)
    common = coordination.Coordination(
        own.coordination_url, own.coordination_prefix
    )
    name = f"{socket.gethostname()}:{os.getpid()}"
    kinds = {region: cloud.kinds for region, cloud in regions_.items()}
    waiting = Backlogs(
        store.jobs,
        store.refreshes,
        store.operations,
        store.dead_letters,
        clock,
        kinds,
        store.bindings if push is not None else None,
    )
    meter = build.agent(conf, waiting.look)
    return agents.Agent(all_jobs, store.jobs, clock, common, name, meter)
