"""Every request is counted, by its route, and timed to its last byte."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from concertim_api.api.expose import ENDPOINT, Method

#: Methods that are counted by name: callers may make up others.
_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS"})

_HEALTH = "/healthcheck"


class Meter(Protocol):
    def answered(
        self, method: str, route: str, status: str, seconds: float
    ) -> None:
        """A request was answered, with a status such as 2xx."""


class Metered:
    """Counts every request with a meter.

    ``routes``: the path of each exposed method. A request to none of them is
    counted as unrouted, without its path: paths have ids.
    """

    def __init__(
        self,
        application: WSGIApplication,
        meter: Meter,
        routes: Mapping[Method, str],
    ) -> None:
        self._application = application
        self._meter = meter
        self._routes = routes

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        began = time.perf_counter()
        statuses = ["500"]

        def start(status: str, *rest: Any) -> Any:
            statuses[0] = status
            return start_response(status, *rest)

        def count() -> None:
            self._count(environ, statuses[0], time.perf_counter() - began)

        try:
            body = self._application(environ, start)
        except BaseException:
            count()
            raise
        return _Watched(body, count)

    def _count(
        self, environ: WSGIEnvironment, status: str, seconds: float
    ) -> None:
        method = environ["REQUEST_METHOD"]
        self._meter.answered(
            method if method in _METHODS else "other",
            self._route(environ),
            f"{status[:1]}xx",
            seconds,
        )

    def _route(self, environ: WSGIEnvironment) -> str:
        endpoint = environ.get(ENDPOINT)
        if endpoint is not None:
            return self._routes[endpoint.method]
        if environ.get("PATH_INFO") == _HEALTH:
            return _HEALTH
        return "unrouted"


class _Watched:
    """An answer, and a function to call when it was sent."""

    def __init__(
        self, body: Iterable[bytes], count: Callable[[], None]
    ) -> None:
        self._body = body
        self._count = count

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            self._count()
