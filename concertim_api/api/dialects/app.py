"""The application of a dialect: an explicit list of middleware."""

from __future__ import annotations

from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

from oslo_config import cfg
from oslo_middleware import request_id, sizelimit

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
    app = request_id.RequestId(app, conf)
    app = Caching(app)
    return app if meter is None else Counted(app, meter, name)


class Counted(metered.Metered):
    """As ``metered.Metered``, by the routes of a dialect."""

    def __init__(
        self, application: WSGIApplication, meter: metered.Meter, name: str
    ) -> None:
        super().__init__(application, meter, {})
        self._name = name

    def _route(self, environ: WSGIEnvironment) -> str:
        route = environ.get(ROUTE)
        if route is None:
            return "unrouted"
        return f"{self._name}:{route.partition(' ')[2]}"
