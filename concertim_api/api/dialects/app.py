"""The application of a dialect: an explicit list of middleware."""

from __future__ import annotations

from typing import Any
from wsgiref.types import WSGIEnvironment

from oslo_config import cfg
from oslo_middleware import sizelimit

from concertim_api.api import metered, middleware
from concertim_api.api.dialects.dialect import ROUTE, Dialect
from concertim_api.caching import Caching


def build(
    conf: cfg.ConfigOpts,
    dialect: Dialect[Any],
    name: str,
    meter: metered.Meter | None = None,
) -> Any:
    """Return the WSGI application; requests pass it from the last line up.

    ``name``: what its routes begin with where they are counted.
    """
    app: Any = sizelimit.RequestBodySizeLimiter(dialect, conf)
    app = middleware.Framing(app)
    app = middleware.ErrorDocuments(app, dialect.errors.answer)
    app = middleware.RequestId(app)
    app = Caching(app)
    if meter is None:
        return app

    def route_of(environ: WSGIEnvironment) -> str | None:
        route = environ.get(ROUTE)
        return route and f"{name}:{route.partition(' ')[2]}"

    return metered.Metered(app, meter, route_of)
