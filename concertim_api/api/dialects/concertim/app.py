"""The application of the legacy dialect: its middleware, and its routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oslo_config import cfg
from oslo_middleware import request_id, sizelimit

from concertim_api.api import metered, middleware
from concertim_api.api.dialects import errors
from concertim_api.api.dialects.concertim import routes
from concertim_api.api.dialects.concertim.cloud_env import AuthUrls
from concertim_api.api.dialects.concertim.tokens import Tokens
from concertim_api.api.dialects.dialect import ROUTE, Dialect
from concertim_api.caching import Caching
from concertim_api.domain.errors import Invalid
from concertim_api.services.cloud.logins import Enterable


def build(
    conf: cfg.ConfigOpts,
    services: Any,
    regions: Mapping[str, Enterable],
    meter: metered.Meter | None = None,
) -> Any:
    """Return the WSGI application; requests pass it from the last line up.

    Raises Invalid, naming the option, without a secret for tokens or a
    region to act in.
    """
    own = conf.concertim_dialect
    tokens = Tokens(own.jwt_secrets, own.jwt_max_lifetime, own.jwt_leeway)
    region = _region(own.region, regions)
    app: Any = Dialect(
        routes.table(services, region.region, own),
        tokens,
        region.logins(own.token_cache_time),
        AuthUrls(own.auth_urls or region.auth_urls),
    )
    app = sizelimit.RequestBodySizeLimiter(app, conf)
    app = middleware.Framing(app)
    app = middleware.ErrorDocuments(app, errors.answer)
    app = request_id.RequestId(app, conf)
    app = Caching(app)
    return app if meter is None else Counted(app, meter)


def _region(name: str | None, regions: Mapping[str, Enterable]) -> Enterable:
    option = "[concertim_dialect] region"
    if name is None and len(regions) == 1:
        return next(iter(regions.values()))
    if not regions:
        raise Invalid(option, "no cloud is configured: see [cloud]")
    if name is None or name not in regions:
        raise Invalid(option, f"one of {', '.join(sorted(regions))}")
    return regions[name]


class Counted(metered.Metered):
    """As ``metered.Metered``; this dialect's routes begin with compat."""

    def __init__(self, application: Any, meter: metered.Meter) -> None:
        super().__init__(application, meter, {})

    def _route(self, environ: metered.Environ) -> str:
        found = environ.get(ROUTE)
        if found is None:
            return "unrouted"
        return f"compat:{found.partition(' ')[2]}"
