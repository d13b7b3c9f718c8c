"""No front end: what is due stays due, until there is one."""

from __future__ import annotations

from oslo_config import cfg

from concertim_api.services.push.frontend import FrontEnd


def front_end(conf: cfg.ConfigOpts) -> FrontEnd | None:
    """Return nothing to push to."""
    return None
