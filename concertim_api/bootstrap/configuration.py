"""The configuration: read, checked, with logging set up."""

from __future__ import annotations

import logging
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import metadata

from oslo_config import cfg
from oslo_log import log

from concertim_api import conf as options
from concertim_api.bootstrap import process
from concertim_api.db import engine

LOG = logging.getLogger(__name__)

#: The name of our configuration files, and of our logs.
PROJECT = "concertim"

#: Returns what only one program works with, such as a broker.
Parts = Callable[[cfg.ConfigOpts], Iterable[str]]

_LOG_LEVELS = ("alembic=WARNING",)

_MISSING = (
    "There is no configuration file: OS_CONCERTIM_CONFIG_FILES names none, "
    f"and {PROJECT}.conf is not in ~/.{PROJECT}, ~, /etc/{PROJECT} or /etc. "
    "The defaults are used: %s"
)


def version() -> str:
    """Return the version of this installation."""
    return metadata.version("concertim-api")


def unread() -> cfg.ConfigOpts:
    """Return the configuration with all options, not yet read."""
    conf = options.new()
    log.register_options(conf)
    # oslo.log would write to the standard output, which is for answers.
    conf.set_default("use_stderr", True)
    process.set_log_defaults(conf)
    return conf


def files() -> list[str] | None:
    """Return the files that the environment names; None: it names none.

    OS_CONCERTIM_CONFIG_FILES has them with semicolons between, within
    OS_CONCERTIM_CONFIG_DIR if that is set.
    """
    names = os.environ.get("OS_CONCERTIM_CONFIG_FILES", "").split(";")
    folder = pathlib.Path(os.environ.get("OS_CONCERTIM_CONFIG_DIR", ""))
    return [str(folder / name.strip()) for name in names if name] or None


def _usual_files(prog: str) -> list[str]:
    """Return the files at the usual places.

    The API's own name is the project's: its file would be read twice, and an
    option with several values would have each twice.
    """
    return [*dict.fromkeys(cfg.find_config_files(PROJECT, prog))]


def sources(conf: cfg.ConfigOpts) -> str:
    """Return where the configuration was read, for people."""
    paths = [*(conf.config_file or ()), *(conf.config_dir or ())]
    return ", ".join(map(str, paths)) or "no configuration file"


def regions(conf: cfg.ConfigOpts) -> str:
    """Return which clouds are asked, for people."""
    if conf.cloud.clouds:
        return f"clouds {', '.join(conf.cloud.clouds)}"
    if conf.cloud.auth_type:
        return f"regions {', '.join(conf.cloud.regions)}"
    return "no cloud"


def facts(conf: cfg.ConfigOpts, parts: Parts) -> Iterator[str]:
    """Yield what a program works with, without passwords."""
    yield sources(conf)
    yield engine.place(conf)
    yield regions(conf)
    yield from parts(conf)


def configure(
    argv: Sequence[str] = (),
    prog: str = PROJECT,
    default_config_files: list[str] | None = None,
    register: Callable[[cfg.ConfigOpts], None] = lambda conf: None,
    parts: Parts = lambda conf: (),
    level: int = logging.INFO,
) -> cfg.ConfigOpts:
    """Return the configuration, read, checked, with logging set up.

    It is read from the files that the arguments name, the defaults, or the
    environment; else at the usual places. ``register`` adds the options of a
    command before they are read. The first line of the log, of this
    ``level``, says what works with what: to it belong also the ``parts`` that
    a program has.
    """
    log.set_defaults(
        default_log_levels=[*log.get_default_log_levels(), *_LOG_LEVELS]
    )
    conf = unread()
    register(conf)
    if default_config_files is None:
        default_config_files = files() or _usual_files(prog)
    conf(
        list(argv),
        project=PROJECT,
        prog=prog,
        version=version(),
        default_config_files=default_config_files,
    )
    options.check(conf)
    log.setup(conf, PROJECT, version())
    process.set_formatters(conf, PROJECT, version())
    place = "; ".join(facts(conf, parts))
    LOG.log(level, "%s %s: %s", prog, version(), place)
    if not (conf.config_file or conf.config_dir):
        LOG.warning(_MISSING, place)
    for misnomer in options.misnomers(conf):
        LOG.warning("%s", misnomer)
    return conf
