"""The drivers that the configuration names, and the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oslo_config import cfg
from stevedore import driver
from stevedore.exception import NoMatches

from concertim_api.bootstrap.process import SystemClock
from concertim_api.domain.errors import Invalid
from concertim_api.services.billing.system import Billing
from concertim_api.services.cloud.region import Region
from concertim_api.services.push.frontend import FrontEnd

#: The namespaces of the entry points of drivers.
CLOUDS = "concertim_api.clouds"
FRONT_ENDS = "concertim_api.frontend"
BILLING = "concertim_api.billing"


def clouds(conf: cfg.ConfigOpts) -> Mapping[str, Region]:
    """Return the regions of the clouds by name; perhaps there are none.

    Each connects when it is first asked. Raises Invalid.
    """
    if conf.cloud.driver == "fake":
        raise Invalid(
            "[cloud] driver",
            "there is no 'fake' any more: run python -m "
            "concertim_api.clouds.simulator, which prints what to set instead",
        )
    load = _driver(CLOUDS, "[cloud] driver", conf.cloud.driver)
    regions: Sequence[Region] = load(conf, SystemClock())
    return {cloud.region: cloud for cloud in regions}


def front_end(conf: cfg.ConfigOpts) -> FrontEnd | None:
    """Return the front end that shows the view; None: there is none.

    It connects when it is first asked. Raises Invalid.
    """
    load = _driver(FRONT_ENDS, "[frontend] driver", conf.frontend.driver)
    frontend: FrontEnd | None = load(conf)
    return frontend


def billing(conf: cfg.ConfigOpts) -> Billing:
    """Return how teams are billed.

    What bills them connects when it is first asked. Raises Invalid.
    """
    load = _driver(BILLING, "[billing] driver", conf.billing.driver)
    billing: Billing = load(conf)
    return billing


def _driver(namespace: str, option: str, name: str) -> Any:
    try:
        return driver.DriverManager(namespace, name).driver
    except NoMatches:
        raise Invalid(option, f"there is no {name!r}") from None
