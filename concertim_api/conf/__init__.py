"""Configuration: one module per group of options.

Nothing here is global: ``new()`` makes a ``conf``, which is handed to what
needs it.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Sequence
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


_GROUPS = frozenset(module.group.name for module in _MODULES)

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


def misnomers(conf: cfg.ConfigOpts) -> Iterator[str]:
    """Yield what is wrong with names in the configuration files: old names
    of groups, and options of our groups that do not exist."""
    for section, entries in _sections(conf).items():
        group = RENAMED.get(section, section)
        if group != section:
            yield f"[{section}] is called [{group}] now"
        if group in _GROUPS:
            names = {*conf[group]}
            if group == cloud.group.name:
                names |= cloud.plugin_options(conf)
            for entry in entries:
                if entry.replace("-", "_") not in names:
                    yield f"[{section}] {entry}: there is no such option"


def _sections(conf: cfg.ConfigOpts) -> dict[str, dict[str, Any]]:
    """Return the entries of each section of the configuration files."""
    sections: dict[str, dict[str, Any]] = {}
    folders = map(pathlib.Path, conf.config_dir or ())
    paths = [path for f in folders for path in sorted(f.glob("*.conf"))]
    for path in (*(conf.config_file or ()), *paths):
        cfg.ConfigParser(str(path), sections).parse()
    return sections


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
