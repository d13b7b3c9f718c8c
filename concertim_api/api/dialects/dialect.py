"""From a request to the route that answers it."""

from __future__ import annotations

import dataclasses as dc
import logging
import re
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar
from wsgiref.types import StartResponse, WSGIEnvironment

from concertim_api.api.dialects.errors import Errors, MethodNotAllowed
from concertim_api.api.dialects.replies import Reply, send
from concertim_api.domain.errors import NotFound
from concertim_api.services.cloud.acting import Caller

#: What a dialect reads a body as.
Fields = TypeVar("Fields")

LOG = logging.getLogger(__name__)

#: Set in the environ: the route of the request.
ROUTE = "concertim.dialect_route"


@dc.dataclass(frozen=True, slots=True)
class Request(Generic[Fields]):
    """A request: the fields of its body, and the parts of its path."""

    fields: Fields
    path: Mapping[str, str]
    environ: WSGIEnvironment = dc.field(repr=False)
    login: Callable[[Request[Fields]], Caller] = dc.field(repr=False)

    @property
    def request_id(self) -> str:
        return str(self.environ.get("openstack.request_id", ""))

    @property
    def query(self) -> Mapping[str, str]:
        """Return the parameters of the query; of two, the last."""
        query = self.environ.get("QUERY_STRING", "")
        return dict(urllib.parse.parse_qsl(query, keep_blank_values=True))

    def caller(self) -> Caller:
        """Return the caller, logged in as the dialect does it.

        At most one request to Keystone. Raises what goes wrong with that.
        """
        return self.login(self)


@dc.dataclass(frozen=True)  # with slots, Route[X](...) raises TypeError
class Route(Generic[Fields]):
    """A method and a path that a dialect answers.

    ``needs``: the fields that must be there. ``guarded``: the token is
    checked.
    """

    method: str
    path: str
    answer: Callable[[Request[Fields]], Reply]
    needs: tuple[str, ...] = ()
    guarded: bool = True

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def parts(self, path: str) -> Mapping[str, str] | None:
        """Return the parts of a path that fits, else None."""
        pattern = re.sub(
            r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.path)
        )
        match = re.fullmatch(pattern, path)
        return match.groupdict() if match else None


@dc.dataclass(frozen=True, slots=True)
class Dialect(Generic[Fields]):
    """The WSGI application of a dialect, of what is its own.

    ``check`` raises Unauthorized unless the token of a request is good.
    ``read`` returns the fields of a body; it raises what the dialect says if
    one is missing that the route needs. ``login`` returns who calls.
    """

    routes: Sequence[Route[Fields]]
    check: Callable[[WSGIEnvironment], None]
    read: Callable[[WSGIEnvironment, Route[Fields]], Fields]
    login: Callable[[Request[Fields]], Caller]
    errors: Errors

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        began = time.perf_counter()
        status = 500
        try:
            reply = self._reply(environ)
            status = reply.status
            return send(reply, environ, start_response)
        except Exception as exc:  # the caller reads every error in a document
            problem = self.errors.describe(exc)
            status = problem.status
            return self.errors.answer(problem, environ, start_response)
        finally:
            LOG.info(
                "%s answered %d in %.3f s",
                environ.get(ROUTE, "A request to no route"),
                status,
                time.perf_counter() - began,
            )

    def _reply(self, environ: WSGIEnvironment) -> Reply:
        route, path = self._route(environ)
        environ[ROUTE] = str(route)
        if route.guarded:
            self.check(environ)
        fields = self.read(environ, route)
        return route.answer(Request(fields, path, environ, self.login))

    def _route(
        self, environ: WSGIEnvironment
    ) -> tuple[Route[Fields], Mapping[str, str]]:
        path = environ.get("PATH_INFO", "").encode("latin-1").decode()
        path = path.rstrip("/") or "/"
        method = environ["REQUEST_METHOD"]
        method = "GET" if method == "HEAD" else method
        methods = []
        for route in self.routes:
            parts = route.parts(path)
            if parts is None:
                continue
            if route.method == method:
                return route, parts
            methods.append(route.method)
        if methods:
            raise MethodNotAllowed(methods)
        raise NotFound("There is nothing at this path.")


def body_of(environ: WSGIEnvironment) -> bytes:
    """Return the body of a request, all of it."""
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    if length:
        return bytes(stream.read(int(length)))
    return bytes(stream.read())  # the server knows where it ends
