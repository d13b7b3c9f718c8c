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
    compat,
    database,
    frontend,
    listener,
    metrics,
    operations,
    view,
)

_GROUPS = (
    agent,
    api,
    cloud,
    compat,
    database,
    frontend,
    listener,
    metrics,
    operations,
    view,
)


def new() -> cfg.ConfigOpts:
    """Return a configuration with all our options, not yet read."""
    conf = cfg.ConfigOpts()
    for group in _GROUPS:
        group.register_opts(conf)
    return conf


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
