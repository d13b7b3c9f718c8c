"""``concertim-manage billing``: what a billing system needs of us."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from oslo_config import cfg

from concertim_api.billing.killbill import catalog as killbill
from concertim_api.domain.errors import Invalid


def catalog(conf: cfg.ConfigOpts) -> None:
    """Print a catalogue for Kill Bill with our plan: XML, to be uploaded.

    The plan is [killbill] plan, its prices are in [killbill] currency. If
    the tenant has a catalogue, add the plan to it by hand.
    """
    group = conf.killbill
    if not group.currency:
        raise Invalid("[killbill] currency", "the catalogue needs it")
    print(killbill.xml(group.plan, group.currency), end="")


def add_parsers(
    actions: Any, command: Callable[..., argparse.ArgumentParser]
) -> None:
    command(actions, "catalog", catalog)
