"""The composition root: nothing else builds what the services need."""

from __future__ import annotations

import dataclasses as dc
import os
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any

from oslo_config import cfg
from oslo_log import log
from stevedore import driver
from stevedore.exception import NoMatches

from concertim_api import conf as options
from concertim_api.db.store import SqlStore
from concertim_api.domain import ours
from concertim_api.domain.errors import Invalid
from concertim_api.domain.kinds import KINDS
from concertim_api.domain.nouns import Rules
from concertim_api.listener import custom
from concertim_api.listener.intake import Intake
from concertim_api.listener.translate import Translator
from concertim_api.services import (
    changes,
    corrections,
    dead_letters,
    devices,
    health,
    jobs,
    keys,
    past,
    periods,
    pushes,
    rack_history,
    racks,
    regions,
    resources,
    teams,
    templates,
    usage,
    users,
)
from concertim_api.services.cloud import Cloud
from concertim_api.services.frontend import FrontEnd
from concertim_api.services.push import Pusher
from concertim_api.services.recorder import Recorder
from concertim_api.services.refresh import Refresher
from concertim_api.services.sync import Sync

if TYPE_CHECKING:
    from concertim_api.agent.agent import Agent
    from concertim_api.metrics.listener import ListenerMeter

#: Where drivers of clouds and front ends are found.
CLOUDS = "concertim_api.clouds"
FRONT_ENDS = "concertim_api.frontend"

#: The name of our configuration files, and of our logs.
PROJECT = "concertim"

_LOG_LEVELS = ("alembic=WARNING",)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def version() -> str:
    """Return the version of this installation."""
    return metadata.version("concertim-api")


def unread() -> cfg.ConfigOpts:
    """Return the configuration with all options, not yet read."""
    conf = options.new()
    log.register_options(conf)
    # Its own default is the standard output, which is for what was asked.
    conf.set_default("use_stderr", True)
    return conf


def configure(
    argv: Sequence[str] = (),
    prog: str = PROJECT,
    default_config_files: list[str] | None = None,
    register: Callable[[cfg.ConfigOpts], None] = lambda conf: None,
) -> cfg.ConfigOpts:
    """Return the configuration, read, checked, with logging set up.

    ``register`` adds a command's own options before they are read.
    """
    log.set_defaults(
        default_log_levels=[*log.get_default_log_levels(), *_LOG_LEVELS]
    )
    conf = unread()
    register(conf)
    conf(
        list(argv),
        project=PROJECT,
        prog=prog,
        version=version(),
        default_config_files=default_config_files,
    )
    options.check(conf)
    log.setup(conf, PROJECT, version())
    return conf


@dc.dataclass(frozen=True, slots=True)
class Services:
    """Every use case, ready to be called."""

    store: SqlStore
    recorder: Recorder
    intake: Intake
    periods: periods.Periods
    usage: usage.UsageTotals
    resources: resources.Resources
    changes: changes.Changes
    corrections: corrections.Corrections
    dead_letters: dead_letters.DeadLetters
    regions: regions.Regions
    racks: racks.Racks
    rack_histories: rack_history.RackHistories
    devices: devices.Devices
    templates: templates.Templates
    teams: teams.Teams
    users: users.Users
    jobs: jobs.Jobs
    pushes: pushes.Pushes
    keys: keys.Keys
    health: health.Health


def store(conf: cfg.ConfigOpts) -> SqlStore:
    """Return the database. It connects when it is first used."""
    return SqlStore(conf)


def services(conf: cfg.ConfigOpts) -> Services:
    """Return the services on the database of the configuration.

    Raises Invalid if an option has a value that they can't work with.
    """
    database, clock = store(conf), SystemClock()
    own = _own_events(conf)
    kinds = {**KINDS, **own.kinds}
    translator = Translator(own.rows)
    recorder = Recorder(database)
    then = past.Past(database, rules(conf))
    shown = racks.Racks(database, then)
    return Services(
        store=database,
        recorder=recorder,
        intake=Intake(translator, recorder, database, clock),
        periods=periods.Periods(database, clock, kinds),
        usage=usage.UsageTotals(database, clock, kinds),
        resources=resources.Resources(database, kinds),
        changes=changes.Changes(database),
        corrections=corrections.Corrections(
            database, recorder, clock, kinds, conf.listener.region
        ),
        dead_letters=dead_letters.DeadLetters(
            database, recorder, translator.translate
        ),
        regions=regions.Regions(database),
        racks=shown,
        rack_histories=rack_history.RackHistories(database, shown),
        devices=devices.Devices(database, then),
        templates=templates.Templates(database),
        teams=teams.Teams(database),
        users=users.Users(database),
        jobs=jobs.Jobs(database, clock, kinds),
        pushes=pushes.Pushes(database, clock),
        keys=keys.Keys(database, clock),
        health=health.Health(database, clock),
    )


def _own_events(conf: cfg.ConfigOpts) -> custom.Custom:
    path = conf.listener.events_file
    return custom.load(path) if path else custom.Custom()


def api(conf: cfg.ConfigOpts, built: Services | None = None) -> Any:
    """Return the WSGI application."""
    from concertim_api.api import app  # Pecan is not the daemons' business
    from concertim_api.metrics import build

    return app.build(conf, built or services(conf), build.api(conf))


def metrics_page(conf: cfg.ConfigOpts) -> Any:
    """Return the WSGI application that shows what the API counts."""
    from concertim_api.metrics import build

    return build.page(conf)


def check_listener(conf: cfg.ConfigOpts) -> None:
    """Raise Invalid unless a listener can work with the options."""
    from concertim_api.metrics import build

    services(conf)
    build.check(conf)


def listener_meter(conf: cfg.ConfigOpts, worker: int) -> ListenerMeter | None:
    """Return what counts for a worker of the listener, if anything does."""
    from concertim_api.metrics import build

    return build.listener(conf, worker)


def rules(conf: cfg.ConfigOpts) -> Rules:
    """Return what [view] says. Raises Invalid, which names the option."""
    view = conf.view
    if view.rack_max_height_u < view.rack_height_u:
        raise Invalid(
            "[view] rack_max_height_u",
            f"{view.rack_max_height_u} is less than rack_height_u, which is "
            f"{view.rack_height_u}",
        )
    try:
        projects = tuple(ours.parse_rule(rule) for rule in view.projects)
    except ValueError as exc:
        raise Invalid("[view] projects", str(exc)) from None
    return Rules(
        rack_height_u=view.rack_height_u,
        rack_max_height_u=view.rack_max_height_u,
        vcpus_per_u=view.vcpus_per_u,
        template_max_height_u=view.template_max_height_u,
        projects=projects,
    )


def clouds(conf: cfg.ConfigOpts) -> Mapping[str, Cloud]:
    """Return the regions of the clouds by name; perhaps there are none.

    They connect when they are first asked. Raises Invalid.
    """
    load = _driver(CLOUDS, "[cloud] driver", conf.cloud.driver)
    found: Sequence[Cloud] = load(conf, SystemClock())
    return {cloud.region: cloud for cloud in found}


def front_end(conf: cfg.ConfigOpts) -> FrontEnd | None:
    """Return what the view is pushed to, if anything.

    It connects when it is first asked. Raises Invalid.
    """
    load = _driver(FRONT_ENDS, "[frontend] driver", conf.frontend.driver)
    found: FrontEnd | None = load(conf)
    return found


def _driver(namespace: str, option: str, name: str) -> Any:
    try:
        return driver.DriverManager(namespace, name).driver
    except NoMatches:
        raise Invalid(option, f"there is no {name!r}") from None


def pusher(
    conf: cfg.ConfigOpts, built: Services, regions_: Collection[str]
) -> Pusher | None:
    """Return the push to the front end, if there is one. Raises Invalid."""
    to = front_end(conf)
    if to is None:
        return None
    own = conf.frontend
    return Pusher(
        built.store,
        to,
        SystemClock(),
        regions=regions_,
        max_delete_ratio=own.max_delete_ratio,
        concurrency=own.concurrency,
        survey_interval=own.survey_interval,
    )


def sync(conf: cfg.ConfigOpts, built: Services) -> Sync:
    """Return the full sync."""
    return Sync(
        built.store,
        built.recorder,
        SystemClock(),
        conf.agent.max_delete_ratio,
    )


def check_agent(conf: cfg.ConfigOpts) -> None:
    """Raise Invalid, or ``cfg.Error``, unless an agent can work with the
    options. Asks neither the cloud nor the database."""
    from concertim_api.agent import coordination

    options.check(conf)
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
    from concertim_api.metrics import build
    from concertim_api.services.backlog import Backlogs
    from concertim_api.services.view import Projector

    built = built or services(conf)
    clock, regions_ = SystemClock(), clouds(conf)
    own, push = conf.agent, pusher(conf, built, regions_)
    all_jobs = table.table(
        table.Intervals(
            view=own.view_interval,
            refresh=own.refresh_interval,
            changes=own.changes_interval,
            sync=own.sync_interval,
            push=conf.frontend.push_interval,
        ),
        built.store,
        Projector(built.store, clock, rules(conf)),
        Refresher(built.store, built.recorder, regions_, clock),
        sync(conf, built),
        regions_,
        push,
    )
    coordination.prepare(own.coordination_url)
    common = coordination.Coordination(
        own.coordination_url, own.coordination_prefix
    )
    name = f"{socket.gethostname()}:{os.getpid()}"
    kinds = {region: cloud.kinds for region, cloud in regions_.items()}
    waiting = Backlogs(built.store, clock, kinds, is_pushed=push is not None)
    meter = build.agent(conf, waiting.look)
    return agents.Agent(all_jobs, built.store, clock, common, name, meter)
