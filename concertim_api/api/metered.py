"""Every request is counted, by its route, and timed to its last byte."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from concertim_api.api.expose import OPERATION, Method

Environ = dict[str, Any]
Start = Callable[..., Any]

#: What is not counted by its name: a caller may make up others.
_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS"})

_HEALTH = "/healthcheck"


class Meter(Protocol):
    def answered(
        self, method: str, route: str, status: str, seconds: float
    ) -> None:
        """A request was answered, with a status such as 2xx."""


class Metered:
    """Tells a meter of every request.

    ``routes``: the path of each method that is exposed. Of a request that
    came to none of them, all that is told is that: paths have ids.
    """

    def __init__(
        self, application: Any, meter: Meter, routes: Mapping[Method, str]
    ) -> None:
        self._application = application
        self._meter = meter
        self._routes = routes

    def __call__(
        self, environ: Environ, start_response: Start
    ) -> Iterable[bytes]:
        began = time.perf_counter()
        said = ["500"]

        def start(status: str, *rest: Any) -> Any:
            said[0] = status
            return start_response(status, *rest)

        def ended() -> None:
            self._tell(environ, said[0], time.perf_counter() - began)

        try:
            body = self._application(environ, start)
        except BaseException:
            ended()
            raise
        return _Watched(body, ended)

    def _tell(self, environ: Environ, status: str, seconds: float) -> None:
        method = environ["REQUEST_METHOD"]
        self._meter.answered(
            method if method in _METHODS else "other",
            self._route(environ),
            f"{status[:1]}xx",
            seconds,
        )

    def _route(self, environ: Environ) -> str:
        operation = environ.get(OPERATION)
        if operation is not None:
            return self._routes[operation.method]
        if environ.get("PATH_INFO") == _HEALTH:
            return _HEALTH
        return "unrouted"


class _Watched:
    """An answer, and what is to be called when it was sent."""

    def __init__(
        self, body: Iterable[bytes], ended: Callable[[], None]
    ) -> None:
        self._body = body
        self._ended = ended

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            self._ended()
