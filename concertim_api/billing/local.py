"""Billed by us alone: accounts, orders, credits and invoices are ours."""

from __future__ import annotations

from oslo_config import cfg

from concertim_api.services.billing.system import Billing


def billing(conf: cfg.ConfigOpts) -> Billing:
    """Return that teams owe what their usage costs."""
    return Billing(is_owed=True)
