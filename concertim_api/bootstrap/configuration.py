"""The configuration: read, checked, with logging set up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from importlib import metadata

from oslo_config import cfg
from oslo_log import log

from concertim_api import conf as options

LOG = logging.getLogger(__name__)

#: The name of our configuration files, and of our logs.
PROJECT = "concertim"

_LOG_LEVELS = ("alembic=WARNING",)


def version() -> str:
    """Return the version of this installation."""
    return metadata.version("concertim-api")


def unread() -> cfg.ConfigOpts:
    """Return the configuration with all options, not yet read."""
    conf = options.new()
    log.register_options(conf)
    # oslo.log would write to the standard output, which is for answers.
    conf.set_default("use_stderr", True)
    return conf


def configure(
    argv: Sequence[str] = (),
    prog: str = PROJECT,
    default_config_files: list[str] | None = None,
    register: Callable[[cfg.ConfigOpts], None] = lambda conf: None,
) -> cfg.ConfigOpts:
    """Return the configuration, read, checked, with logging set up.

    ``register`` adds the options of a command before they are read.
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
    for misnomer in options.misnomers(conf):
        LOG.warning("%s", misnomer)
    return conf
