"""The composition root: nothing else builds what the services need."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from oslo_config import cfg
from oslo_log import log

from concertim_api import conf as options
from concertim_api.db.store import SqlStore
from concertim_api.domain.kinds import KINDS
from concertim_api.listener import custom
from concertim_api.listener.intake import Intake
from concertim_api.listener.translate import Translator
from concertim_api.services import (
    changes,
    corrections,
    dead_letters,
    health,
    keys,
    periods,
    regions,
    resources,
    usage,
)
from concertim_api.services.recorder import Recorder

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
        keys=keys.Keys(database, clock),
        health=health.Health(database),
    )


def _own_events(conf: cfg.ConfigOpts) -> custom.Custom:
    path = conf.listener.events_file
    return custom.load(path) if path else custom.Custom()


def api(conf: cfg.ConfigOpts, built: Services | None = None) -> Any:
    """Return the WSGI application."""
    from concertim_api.api import app  # Pecan is not the daemons' business

    return app.build(conf, built or services(conf))
