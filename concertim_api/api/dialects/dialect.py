"""From a request to what answers it, and back to JSON."""

from __future__ import annotations

import dataclasses as dc
import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping, MutableSequence
from typing import Any

import orjson

from concertim_api.api.dialects import errors
from concertim_api.api.dialects.concertim import cloud_env, fields
from concertim_api.api.dialects.concertim.tokens import Tokens
from concertim_api.domain.errors import NotFound
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.cloud.logins import Logins

Environ = dict[str, Any]
Start = Callable[..., Any]

LOG = logging.getLogger(__name__)

#: Set in the environ: the route that was found.
ROUTE = "concertim.compat_route"

_STATUS = {200: "200 OK", 201: "201 Created", 204: "204 No Content"}


@dc.dataclass(frozen=True, slots=True)
class Reply:
    """A success: a document, or a text, or nothing."""

    document: Mapping[str, Any] | None = None
    status: int = 201
    text: str | None = None


@dc.dataclass(frozen=True, slots=True)
class Request:
    """What is asked: the body's fields, and the parts of the path.

    ``env`` is what the body has as cloud_env.
    """

    fields: fields.Fields
    path: Mapping[str, str]
    env: Any = dc.field(repr=False)
    request_id: str
    logins: Logins
    urls: cloud_env.AuthUrls

    def caller(self) -> Caller:
        """Return who calls, logged in by what the body has as cloud_env.

        At most one request to Keystone. Raises what goes wrong with that.
        """
        who = self.logins.login(cloud_env.password(self.env, self.urls))
        return Caller(
            user_id=who.user_id,
            user_name=who.user_name,
            project_id=who.project_id,
            request_id=self.request_id,
            credentials=who.credentials,
        )

    def service(self) -> Caller:
        """Return the service itself, as who is asked for it is not told."""
        return Caller(
            user_id=None, user_name="compat", request_id=self.request_id
        )


@dc.dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked for.

    ``needs``: the fields without which nothing is done. ``guarded``: a token
    (JWT) is needed.
    """

    method: str
    path: str
    answer: Callable[[Request], Reply]
    needs: tuple[str, ...] = ()
    guarded: bool = True

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def parts(self, path: str) -> Mapping[str, str] | None:
        """Return the parts of a path that fits, else None."""
        pattern = re.sub(
            r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.path)
        )
        found = re.fullmatch(pattern, path)
        return found.groupdict() if found else None


class Dialect:
    """The WSGI application."""

    def __init__(
        self,
        routes: Iterable[Route],
        tokens: Tokens,
        logins: Logins,
        urls: cloud_env.AuthUrls,
    ) -> None:
        self._routes = tuple(routes)
        self._tokens = tokens
        self._logins = logins
        self._urls = urls

    def __call__(
        self, environ: Environ, start_response: Start
    ) -> Iterable[bytes]:
        began = time.perf_counter()
        status = 500
        try:
            reply = self._answer(environ)
            status = reply.status
            return _send(reply, environ, start_response)
        except Exception as exc:  # whatever it is, it is told in JSON
            problem = errors.describe(exc)
            status = problem.status
            return errors.answer(problem, environ, start_response)
        finally:
            LOG.info(
                "%s answered %d in %.3f s",
                environ.get(ROUTE, "A request to no route"),
                status,
                time.perf_counter() - began,
            )

    def _answer(self, environ: Environ) -> Reply:
        secrets = environ[errors.SECRETS] = _secrets_of(environ)
        route, path = self._found(environ)
        environ[ROUTE] = str(route)
        if route.guarded:
            self._tokens.check(environ.get("HTTP_AUTHORIZATION", ""))
        given = fields.parsed(_body(environ)) if route.guarded else {}
        _note_secrets(secrets, given)
        asked = fields.Fields(given)
        asked.require(route.needs)
        return route.answer(
            Request(
                fields=asked,
                path=path,
                env=asked.value(fields.CLOUD_ENV),
                request_id=environ.get("openstack.request_id", ""),
                logins=self._logins,
                urls=self._urls,
            )
        )

    def _found(self, environ: Environ) -> tuple[Route, Mapping[str, str]]:
        asked = environ.get("PATH_INFO", "").encode("latin-1").decode()
        asked = asked.rstrip("/") or "/"
        method = environ["REQUEST_METHOD"]
        method = "GET" if method == "HEAD" else method
        allowed = []
        for route in self._routes:
            path = route.parts(asked)
            if path is None:
                continue
            if route.method == method:
                return route, path
            allowed.append(route.method)
        if allowed:
            raise errors.MethodNotAllowed(allowed)
        raise NotFound("There is nothing at this path.")


def _body(environ: Environ) -> bytes:
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    if length:
        return bytes(stream.read(int(length)))
    return bytes(stream.read())  # the server knows where it ends


def _secrets_of(environ: Environ) -> list[str]:
    found: list[str] = []
    token = environ.get("HTTP_AUTHORIZATION", "").rpartition(" ")[2]
    errors.note_secret(found, token)
    return found


def _note_secrets(
    secrets: MutableSequence[str], document: Mapping[str, Any]
) -> None:
    for name, value in document.items():
        if isinstance(value, dict):
            _note_secrets(secrets, value)
        elif "password" in name:
            errors.note_secret(secrets, value)


def _send(
    reply: Reply, environ: Environ, start_response: Start
) -> Iterable[bytes]:
    headers = []
    body = b""
    if reply.text is not None:
        body = reply.text.encode()
        headers.append(("Content-Type", "text/plain; charset=utf-8"))
    elif reply.document is not None:
        body = orjson.dumps({"success": True, **reply.document})
        headers.append(("Content-Type", "application/json"))
    if reply.status != 204:
        headers.append(("Content-Length", str(len(body))))
    start_response(_STATUS[reply.status], headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
