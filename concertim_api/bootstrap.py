"""The composition root: nothing else builds what the services need."""

from __future__ import annotations

import dataclasses as dc
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from oslo_config import cfg
from oslo_log import log

from concertim_api import conf as options
from concertim_api.db.store import SqlStore
from concertim_api.domain.kinds import KINDS, Kind
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
from concertim_api.services.ports import Clock, Store
from concertim_api.services.recorder import Recorder

#: The name of our configuration files, and of our logs.
PROJECT = "concertim"


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def version() -> str:
    """Return the version of this installation."""
    return metadata.version("concertim-api")


def configure(
    argv: Sequence[str] = (),
    prog: str = "concertim",
    default_config_files: Sequence[str] | None = None,
    register: Callable[[cfg.ConfigOpts], None] = lambda conf: None,
) -> cfg.ConfigOpts:
    """Return the configuration, read, with logging set up.

    ``register`` adds a command's own options before they are read.
    """
    conf = options.new()
    log.register_options(conf)
    log.set_defaults(default_log_levels=[*log.get_default_log_levels()])
    register(conf)
    conf(
        list(argv),
        project=PROJECT,
        prog=prog,
        version=version(),
        default_config_files=default_config_files,
    )
    log.setup(conf, PROJECT, version())
    logging.captureWarnings(True)
    return conf


@dc.dataclass(frozen=True, slots=True)
class Services:
    """Every use case, ready to be called."""

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


def kinds(conf: cfg.ConfigOpts) -> Mapping[str, Kind]:
    """Return the kinds of resources, the operator's own among them."""
    return {**KINDS, **_custom(conf).kinds}


def translator(conf: cfg.ConfigOpts) -> Translator:
    """Return the event table with the operator's rows. Raises Invalid."""
    return Translator(_custom(conf).rows)


def _custom(conf: cfg.ConfigOpts) -> custom.Custom:
    path = conf.listener.events_file
    return custom.load(path) if path else custom.Custom()


def intake(conf: cfg.ConfigOpts) -> Intake:
    """Return the way in for notifications, with a database of its own."""
    database = store(conf)
    return Intake(
        translator(conf), Recorder(database), database, SystemClock()
    )


def api(conf: cfg.ConfigOpts, built: Services | None = None) -> Any:
    """Return the WSGI application."""
    from concertim_api.api import app  # Pecan is not the daemons' business

    return app.build(conf, built or services(conf))
