"""The application: an explicit list of middleware, then Pecan."""

from __future__ import annotations

import functools
from typing import Any, Protocol
from wsgiref.types import WSGIEnvironment

from oslo_config import cfg
from oslo_middleware import cors, http_proxy_to_wsgi, sizelimit

from concertim_api.api import (
    auth,
    healthcheck,
    metered,
    middleware,
    routing,
    versions,
)
from concertim_api.api.context import Settings
from concertim_api.api.controllers import root
from concertim_api.api.expose import ENDPOINT
from concertim_api.caching import Caching

#: What browsers of other origins may send, and see of an answer.
_CORS = {
    "allow_headers": [
        "X-Auth-Token",
        "X-Openstack-Request-Id",
        "OpenStack-API-Version",
        "If-None-Match",
    ],
    "expose_headers": [
        "X-Openstack-Request-Id",
        "OpenStack-API-Version",
        "ETag",
        "Location",
    ],
    "allow_methods": ["GET", "HEAD", "POST", "PATCH", "DELETE"],
}


class Meter(metered.Meter, auth.Meter, Protocol):
    """Counts what becomes of requests."""


def build(
    conf: cfg.ConfigOpts, services: Any, meter: Meter | None = None
) -> Any:
    """Return the WSGI application; requests pass it from the last line up."""
    conf.register_opts(cors.OPTS, group="cors")
    for name, default in _CORS.items():
        conf.set_default(name, default, group="cors")
    controllers = root.build(services)
    settings = Settings.of(conf)
    app: Any = routing.Application(
        controllers,
        hooks=[routing.ContextHook(settings)],
        request_cls=routing.PecanRequest,
        guess_content_type_from_ext=False,
    )
    app = middleware.Only(
        middleware.is_about_health,
        lambda app, _: healthcheck.Admission(app, settings),
        app,
        conf,
    )
    app = auth.build(app, conf, services.keys, services.service_login, meter)
    app = middleware.Only(
        middleware.may_have_body, sizelimit.RequestBodySizeLimiter, app, conf
    )
    app = middleware.Framing(app)
    app = middleware.Only(
        middleware.is_forwarded, http_proxy_to_wsgi.HTTPProxyToWSGI, app, conf
    )
    app = middleware.Only(middleware.is_of_a_browser, cors.CORS, app, conf)
    app = middleware.Only(
        middleware.is_about_health,
        functools.partial(healthcheck.Healthcheck, health=services.health),
        app,
        conf,
    )
    app = middleware.ErrorDocuments(app)
    app = versions.Microversions(app)
    app = middleware.RequestId(app)
    app = Caching(app, public=auth.ANONYMOUS)
    if meter is None:
        return app
    paths = {
        route.endpoint.method: route.path
        for route in routing.routes(controllers)
    }

    def route_of(environ: WSGIEnvironment) -> str | None:
        if endpoint := environ.get(ENDPOINT):
            return paths[endpoint.method]
        is_health = environ.get("PATH_INFO") == middleware.HEALTH
        return middleware.HEALTH if is_health else None

    return metered.Metered(app, meter, route_of)
