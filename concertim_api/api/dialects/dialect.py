"""A dialect: from a request to the route that answers it, and its errors."""

from __future__ import annotations

import dataclasses as dc
import logging
import re
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import IO, Any, Generic, TypeVar
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson

from concertim_api.api import errors
from concertim_api.api.errors import HttpError, Problem
from concertim_api.domain.errors import NotFound
from concertim_api.services.cloud.acting import Caller

LOG = logging.getLogger(__name__)

#: Set in the environ: the route of the request.
ROUTE = "concertim.dialect_route"

#: Set in the environ: what no answer may hold, whoever put it there.
SECRETS = "concertim.secrets"

#: Bytes of a file that are sent at once.
_BLOCK = 64 * 1024

#: A shorter text may be part of any word.
_SHORTEST = 4

#: What a dialect reads a body as.
Fields = TypeVar("Fields")


@dc.dataclass(frozen=True, slots=True)
class Reply:
    """A document that is sent as JSON, or a text, or nothing.

    ``file``: it holds the JSON, and is at its end. It is sent in blocks, and
    closed.
    """

    document: Any = None
    status: int = 200
    text: str | None = None
    file: IO[bytes] | None = None


#: The method of a noun that answers a route.
Answer = TypeVar("Answer", bound=Callable[..., Reply])


class DialectError(HttpError):
    """An error that ``api.errors`` does not know, with its status."""

    status: int
    slug: str
    headers: Mapping[str, str] = {}
    more: Mapping[str, Any] = {}


class MethodNotAllowed(DialectError):
    """The path has other methods."""

    status, slug = 405, "method_not_allowed"

    def __init__(self, methods: Iterable[str]) -> None:
        allowed = ", ".join(methods)
        self.headers = {"Allow": allowed}
        super().__init__(f"This path knows these methods: {allowed}.")


@dc.dataclass(frozen=True, slots=True)
class Errors:
    """What the callers of a dialect read of errors.

    ``reply`` makes the document of a problem. ``challenge`` is the header
    WWW-Authenticate of a 401.
    """

    reply: Callable[[Problem], Reply]
    challenge: str

    def describe(self, exc: Exception) -> Problem:
        """Return what to say of an error, as ``api.errors.describe``."""
        if isinstance(exc, DialectError):
            return Problem(
                exc.status,
                exc.slug,
                exc.slug,
                str(exc),
                headers=exc.headers,
                more=exc.more,
            )
        problem = errors.describe(exc)
        if problem.status != 401:
            return problem
        headers = {"WWW-Authenticate": self.challenge}
        return dc.replace(problem, headers=headers)

    def answer(
        self,
        problem: Problem,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        headers: Iterable[tuple[str, str]] = (),
    ) -> Iterable[bytes]:
        """Answer a request with an error, as a WSGI application.

        The detail holds no secret that ``note_secret`` was given.
        """
        environ[errors.IS_DOCUMENT] = True
        detail = problem.detail
        for secret in environ.get(SECRETS, ()):
            detail = detail.replace(secret, "***")
        reply = self.reply(dc.replace(problem, detail=detail))
        headers = [*headers, *problem.headers.items()]
        return send(reply, environ, start_response, headers)


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


def route(method: str, path: str, *needs: str) -> Callable[[Answer], Answer]:
    """Publish a method of a noun as a ``Route`` that is guarded."""

    def decorate(answer: Answer) -> Answer:
        answer.route = method, path, needs  # type: ignore[attr-defined]
        return answer

    return decorate


def routes(noun: object) -> Iterator[Route[Any]]:
    """Yield the routes of a noun's methods, in their order."""
    for name, answer in vars(type(noun)).items():
        if hasattr(answer, "route"):
            method, path, needs = answer.route
            yield Route(method, path, getattr(noun, name), needs)


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
        path = re.sub("/{2,}", "/", path).rstrip("/") or "/"
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


def send(
    reply: Reply,
    environ: WSGIEnvironment,
    start_response: StartResponse,
    headers: Iterable[tuple[str, str]] = (),
) -> Iterable[bytes]:
    """Send a reply, as a WSGI application."""
    blocks, length, media_type = _content(reply)
    sent = [*headers]
    if media_type:
        sent.append(("Content-Type", media_type))
    if reply.status != HTTPStatus.NO_CONTENT:
        sent.append(("Content-Length", str(length)))
    phrase = HTTPStatus(reply.status).phrase
    start_response(f"{reply.status} {phrase}", sent)
    if environ.get("REQUEST_METHOD") != "HEAD":
        return blocks
    if isinstance(blocks, _Blocks):
        blocks.close()
    return []


@dc.dataclass(frozen=True, slots=True)
class _Blocks:
    """The blocks of a file, which is closed at the end."""

    file: IO[bytes]

    def __iter__(self) -> Iterator[bytes]:
        while block := self.file.read(_BLOCK):
            yield block

    def close(self) -> None:
        self.file.close()


def _content(reply: Reply) -> tuple[Iterable[bytes], int, str]:
    """Return what to send, its length, and its media type."""
    if reply.file is not None:
        length = reply.file.tell()
        reply.file.seek(0)
        return _Blocks(reply.file), length, "application/json"
    body, media_type = b"", ""
    if reply.text is not None:
        body = reply.text.encode()
        media_type = "text/plain; charset=utf-8"
    elif reply.document is not None:
        body = orjson.dumps(reply.document)
        media_type = "application/json"
    return [body], len(body), media_type


def note_secret(environ: WSGIEnvironment, value: object) -> None:
    """Note what no answer to this request may hold."""
    if isinstance(value, str) and len(value) >= _SHORTEST:
        environ.setdefault(SECRETS, []).append(value)
