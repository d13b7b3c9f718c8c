"""Every request is counted, by its route, and timed to its last byte."""

from __future__ import annotations

import dataclasses as dc
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

#: Methods that are counted by name: callers may make up others.
_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS"})


class Meter(Protocol):
    def answered(
        self, method: str, route: str, status: str, seconds: float
    ) -> None:
        """A request was answered, with a status such as 2xx."""


@dc.dataclass
class Metered:
    """Counts every request with a meter.

    ``route_of`` returns the route of a request that was answered. A request
    to none is counted as unrouted, without its path: paths have ids.
    """

    application: WSGIApplication
    meter: Meter
    route_of: Callable[[WSGIEnvironment], str | None]

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        began = time.perf_counter()
        statuses = ["500"]

        def start(status: str, *rest: Any) -> Any:
            statuses[0] = status
            return start_response(status, *rest)

        def count() -> None:
            method = environ["REQUEST_METHOD"]
            self.meter.answered(
                method if method in _METHODS else "other",
                self.route_of(environ) or "unrouted",
                f"{statuses[0][:1]}xx",
                time.perf_counter() - began,
            )

        try:
            body = self.application(environ, start)
        except BaseException:
            count()
            raise
        return _Watched(body, count)


@dc.dataclass(frozen=True, slots=True)
class _Watched:
    """An answer, and a function to call when it was sent."""

    body: Iterable[bytes]
    count: Callable[[], None]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.body)

    def close(self) -> None:
        try:
            if hasattr(self.body, "close"):
                self.body.close()
        finally:
            self.count()
