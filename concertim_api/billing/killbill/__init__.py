"""The driver of Kill Bill: ``[billing] driver = killbill``."""

from __future__ import annotations

from oslo_config import cfg

from concertim_api.billing.killbill.client import Client, Options
from concertim_api.billing.killbill.driver import KillBill
from concertim_api.domain.errors import Invalid
from concertim_api.http import address
from concertim_api.services.billing.system import Billing

_NEEDED = ("url", "username", "password", "api_key", "api_secret", "currency")


def billing(conf: cfg.ConfigOpts) -> Billing:
    """Return the Kill Bill of the configuration. It is asked later. Raises
    Invalid."""
    group = conf.killbill
    for name in _NEEDED:
        if not getattr(group, name):
            raise Invalid(f"[killbill] {name}", "the driver needs it")
    if problem := address.problem(group.url):
        raise Invalid("[killbill] url", problem)
    options = Options(
        url=group.url,
        username=group.username,
        password=group.password,
        api_key=group.api_key,
        api_secret=group.api_secret,
        verify=group.cafile or True,
        timeout=group.timeout,
        max_bytes=group.max_answer_mb << 20,
    )
    client = Client(options)
    return Billing(
        is_owed=True, system=KillBill(client, group.plan, group.currency)
    )
