"""Configuration: one module per group of options.

Nothing here is global: ``new()`` makes a ``conf``, which is handed to what
needs it.
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

#: Each has its ``group`` and its ``opts``; ``database`` has none of its own.
_MODULES = (
    agent,
    api,
    cloud,
    concertim_dialect,
    frontend,
    listener,
    instrumentation,
    operations,
    view,
)


#: The old name of a group -> the new one. The old is taken for a release.
RENAMED = {"metrics": "instrumentation", "compat": "concertim_dialect"}


def new() -> cfg.ConfigOpts:
    """Return a configuration with all our options, not yet read."""
    conf = cfg.ConfigOpts()
    register(conf, *_MODULES)
    database.register_opts(conf)
    return conf


def register(conf: cfg.ConfigOpts, *modules: Any) -> None:
    """Register the options of modules of this package."""
    for module in modules:
        # By name: a group that is handed over is shared between all
        # configurations of a process, values that were set included.
        conf.register_opts(module.opts, group=module.group.name)


def old_groups(conf: cfg.ConfigOpts) -> list[str]:
    """Return the old names of groups that the configuration files have."""
    sections: dict[str, Any] = {}
    for path in conf.config_file or ():
        cfg.ConfigParser(path, sections).parse()
    return [name for name in RENAMED if name in sections]


def check(conf: cfg.ConfigOpts) -> None:
    """Read all our options once, to refuse invalid values now.

    oslo.config would refuse them at their first use, perhaps hours later.
    Raises ``cfg.Error``, which names the option.
    """
    for group, opts in list_opts():
        place = conf[group.name] if group else conf
        for opt in opts:
            place[opt.dest]


def list_opts() -> Sequence[tuple[Any, Sequence[cfg.Opt]]]:
    """Return all our options, for the sample and the documentation."""
    options = [(module.group, module.opts) for module in _MODULES]
    return [*options, *database.list_opts()]
