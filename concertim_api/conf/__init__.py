"""Configuration: one module per group of options.

Nothing here is global: ``new()`` makes a ``conf``, which is handed to what
needs it.
"""

from __future__ import annotations

import difflib
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from oslo_config import cfg

from concertim_api.conf import (
    agent,
    almanach,
    api,
    billing,
    cloud,
    concertim_dialect,
    database,
    frontend,
    instrumentation,
    killbill,
    listener,
    operations,
    view,
)

#: Each has its ``group`` and its ``opts``; ``database`` has none of its own.
_MODULES = (
    agent,
    almanach,
    api,
    billing,
    cloud,
    concertim_dialect,
    frontend,
    killbill,
    listener,
    instrumentation,
    operations,
    view,
)


_GROUPS = frozenset(module.group.name for module in _MODULES)

#: Sections of the libraries that we use, which register them late or not.
_FOREIGN = (
    *("DEFAULT", "database", "keystone_authtoken", "oslo_policy"),
    *("oslo_messaging_notifications", "oslo_messaging_metrics"),
    *("oslo_messaging_rabbit", "oslo_messaging_kafka", "oslo_messaging_amqp"),
    *("cors", "healthcheck", "oslo_middleware", "profiler"),
)

#: How like another name (1: the same) a misspelled one is.
_LIKENESS = 0.75

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
    of groups, sections that are named like one of ours, and options of our
    groups that do not exist.

    A section like no other may be another program's.
    """
    for section, entries in _sections(conf).items():
        group = RENAMED.get(section, section)
        if group != section:
            yield f"[{section}] is called [{group}] now"
        elif name := _likely_section(conf, section):
            yield f"[{section}]: there is no such section; is it [{name}]?"
        if group in _GROUPS:
            names = {*conf[group]}
            if group == cloud.group.name:
                names |= cloud.plugin_options(conf)
            for entry in entries:
                if entry.replace("-", "_") not in names:
                    yield f"[{section}] {entry}: there is no such option"


def _likely_section(conf: cfg.ConfigOpts, section: str) -> str | None:
    """Return the section that a misspelled one is likely to be; None: it is
    right, or like no other."""
    sections = {name.lower(): name for name in (*_GROUPS, *_FOREIGN)}
    if section in (*conf, *_FOREIGN, conf.cloud.auth_section):
        return None
    (name,) = difflib.get_close_matches(
        section.lower(), sections, 1, _LIKENESS
    ) or [""]
    # oslo.config reads groups in any case; DEFAULT is none.
    if name == section.lower() != "default":
        return None
    return sections.get(name)


def _sections(conf: cfg.ConfigOpts) -> dict[str, dict[str, Any]]:
    """Return the entries of each section of the configuration files."""
    sections: dict[str, dict[str, Any]] = {}
    folders = map(pathlib.Path, conf.config_dir or ())
    paths = [path for f in folders for path in sorted(f.glob("*.conf"))]
    for path in (*(conf.config_file or ()), *paths):
        cfg.ConfigParser(str(path), sections).parse()
    return sections


def check(conf: cfg.ConfigOpts) -> None:
    """Read all options that are registered, to refuse invalid values now.

    oslo.config would refuse them at their first use, perhaps hours later, and
    without their section. Raises ``cfg.Error``, which names the option.
    """
    for name in conf:
        value = _value(conf, name, "DEFAULT")
        if isinstance(value, cfg.ConfigOpts.GroupAttr):
            for option in value:
                _value(value, option, name)


def _value(place: Mapping[str, Any], option: str, section: str) -> Any:
    try:
        return place[option]
    except cfg.ConfigSourceValueError as exc:
        # Its own text has no section. The error behind it has the reason.
        text = f"[{section}] {option}: {exc.__context__ or exc}"
        raise cfg.ConfigFileValueError(text) from None


def list_opts() -> Sequence[tuple[Any, Sequence[cfg.Opt]]]:
    """Return all our options, for the sample and the documentation."""
    options = [(module.group, module.opts) for module in _MODULES]
    return [*options, *database.list_opts()]
