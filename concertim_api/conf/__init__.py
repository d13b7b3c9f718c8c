"""Configuration: one module per group of options.

Nothing here is global: whoever needs options is given the ``conf`` that
``new()`` made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oslo_config import cfg

from concertim_api.conf import (
    agent,
    api,
    cloud,
    concertim_dialect,
    database,
    frontend,
    instrumentation,
    listener,
    operations,
    view,
)

_GROUPS = (
    agent,
    api,
    cloud,
    concertim_dialect,
    database,
    frontend,
    listener,
    instrumentation,
    operations,
    view,
)


#: Groups that had other names; these are still taken, for a release.
RENAMED = {"metrics": "instrumentation", "compat": "concertim_dialect"}


def new() -> cfg.ConfigOpts:
    """Return a configuration with all our options, not yet read."""
    conf = cfg.ConfigOpts()
    for group in _GROUPS:
        group.register_opts(conf)
    return conf


def old_groups(conf: cfg.ConfigOpts) -> list[str]:
    """Return the old names of groups that the configuration files have."""
    sections: dict[str, Any] = {}
    for path in conf.config_file or ():
        cfg.ConfigParser(path, sections).parse()
    return [name for name in RENAMED if name in sections]


def check(conf: cfg.ConfigOpts) -> None:
    """Read all our options once: a value that is none is refused here.

    oslo.config would refuse it when it is needed, hours later perhaps.
    Raises ``cfg.Error``, which names the option.
    """
    for group, opts in list_opts():
        place = conf[group.name] if group else conf
        for opt in opts:
            place[opt.dest]


def list_opts() -> Sequence[tuple[Any, Sequence[cfg.Opt]]]:
    """Return all our options, for the sample and the documentation."""
    return [row for group in _GROUPS for row in group.list_opts()]
