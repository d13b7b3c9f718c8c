"""The application of Almanach's dialect."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from wsgiref.types import WSGIEnvironment

from oslo_config import cfg

from concertim_api.api import auth
from concertim_api.api.context import Settings
from concertim_api.api.dialects import app, dialect
from concertim_api.api.dialects.almanach import documents, reads
from concertim_api.api.dialects.almanach.callers import Callers
from concertim_api.api.dialects.almanach.documents import ERRORS, Route
from concertim_api.api.dialects.almanach.entities import Rules
from concertim_api.api.dialects.almanach.reads import (
    Information,
    Lists,
    Reader,
)
from concertim_api.api.dialects.almanach.servers import Servers
from concertim_api.api.dialects.almanach.volumes import Volumes, VolumeTypes
from concertim_api.api.dialects.almanach.writes import Writer
from concertim_api.domain.errors import Invalid

#: Each route has these before its path: the second is of older clients.
PREFIXES = ("/v1", "")


def build(
    conf: cfg.ConfigOpts, services: Any, version: str, meter: Any = None
) -> Any:
    """Return the WSGI application.

    Raises Invalid, naming the option, if no caller could be known.
    """
    callers = Callers(_checks(conf, services, meter), Settings.of(conf))
    almanach = dialect.Dialect(
        table(services, conf.almanach, callers, version),
        check=callers.check,
        read=documents.read,
        login=callers.login,
        errors=ERRORS,
    )
    return app.build(conf, almanach, "almanach", meter)


def _checks(
    conf: cfg.ConfigOpts, services: Any, meter: Any
) -> Sequence[Callable[[WSGIEnvironment], bool]]:
    makers: Mapping[str, Callable[[], Callable[[WSGIEnvironment], bool]]] = {
        "key": lambda: lambda e: auth.identify_by_key(e, services.keys),
        "keystone": lambda: auth.token_check(
            conf, services.service_login, meter
        ),
    }
    names = [*dict.fromkeys(conf.almanach.auth_strategies)]
    if not names:
        raise Invalid("[almanach] auth_strategies", "needs one at least")
    return [makers[name]() for name in sorted(names)]  # keys cost the least


def table(
    services: Any, options: Any, callers: Callers, version: str
) -> list[Route]:
    """Return all routes of this dialect. ``options``: those of [almanach]."""
    reader = Reader(services.lifetimes, Rules.of(options))
    writer = Writer(
        services.corrections,
        services.resources,
        reader,
        callers,
        services.clock,
    )
    parts = (
        Lists(reader, callers, services.clock, options.max_rows),
        reads.Resources(reader, callers, options.max_rows),
        Servers(writer),
        Volumes(writer),
        VolumeTypes(writer, callers),
    )
    information = Information(services.lifetimes, version)
    routes = [
        Route("GET", "/info", information.show, guarded=False),
        *(route for part in parts for route in dialect.routes(part)),
    ]
    return [*_prefixed(routes)]


def _prefixed(routes: Iterable[Route]) -> Iterable[Route]:
    for prefix in PREFIXES:
        for route in routes:
            yield dc.replace(route, path=prefix + route.path)
