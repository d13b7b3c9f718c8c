"""What every request passes before Pecan, besides oslo.middleware."""

from __future__ import annotations

import dataclasses as dc
import re
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oslo_config import cfg
from oslo_context.context import RequestContext, generate_request_id
from oslo_middleware import request_id

from concertim_api.api import errors
from concertim_api.domain.errors import Invalid

#: Headers that are about the body of an answer.
_ABOUT_BODY = frozenset(
    {"content-type", "content-length", "content-encoding", "etag"}
)

#: Headers by which oslo's middleware knows a forwarded request.
_FORWARDED = frozenset(
    {
        "HTTP_FORWARDED",
        "HTTP_X_FORWARDED_PROTO",
        "HTTP_X_FORWARDED_HOST",
        "HTTP_X_FORWARDED_FOR",
        "HTTP_X_FORWARDED_PREFIX",
    }
)

_ID = re.compile(request_id.ID_FORMAT)

#: Where health is asked for.
HEALTH = "/healthcheck"


class Only:
    """A middleware for those requests only that concern it.

    oslo's make two objects of each request, and two of each answer, before
    they look at either: as much work as all of ours together. And who follows
    a request need not read what does not concern it.
    """

    def __init__(
        self,
        concerns: Callable[[WSGIEnvironment], bool],
        middleware: Callable[[Any, cfg.ConfigOpts], WSGIApplication],
        application: WSGIApplication,
        conf: cfg.ConfigOpts,
    ) -> None:
        self._concerns = concerns
        self._middleware = middleware(application, conf)
        self._application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if self._concerns(environ):
            return self._middleware(environ, start_response)
        return self._application(environ, start_response)


def may_have_body(environ: WSGIEnvironment) -> bool:
    """Return whether a body may be read.

    Nobody reads the body of a GET that has no length.
    """
    length = environ.get("CONTENT_LENGTH")
    if not length:
        return environ["REQUEST_METHOD"] not in ("GET", "HEAD")
    return bool(length != "0")


def is_forwarded(environ: WSGIEnvironment) -> bool:
    """Return whether a proxy has added to the headers of a request."""
    return not _FORWARDED.isdisjoint(environ)


def is_of_a_browser(environ: WSGIEnvironment) -> bool:
    """Return whether a request may be from a page of another origin."""
    return "HTTP_ORIGIN" in environ or environ["REQUEST_METHOD"] == "OPTIONS"


def is_about_health(environ: WSGIEnvironment) -> bool:
    """Return whether a request asks for health."""
    return environ.get("PATH_INFO") == HEALTH and environ[
        "REQUEST_METHOD"
    ] in ("GET", "HEAD")


class RequestId:
    """Gives every request an id: in its answer, its errors, its log lines.

    The id that another service sent is kept beside it. oslo's middleware does
    the same, with objects for the request and the answer.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        global_id = environ.get("HTTP_X_OPENSTACK_REQUEST_ID", "")
        if _ID.match(global_id):
            environ[request_id.GLOBAL_REQ_ID] = global_id
        new_id = generate_request_id()
        environ[request_id.ENV_REQUEST_ID] = new_id
        # In place of the context that the last request of this thread left.
        RequestContext(
            request_id=new_id,
            global_request_id=environ.get(request_id.GLOBAL_REQ_ID),
        )

        def start(status: str, headers: list[Any], *exc_info: Any) -> Any:
            id_header = (request_id.HTTP_RESP_HEADER_REQUEST_ID, new_id)
            return start_response(status, [*headers, id_header], *exc_info)

        return self._application(environ, start)


@dc.dataclass(frozen=True, slots=True)
class ErrorDocuments:
    """Answers every error with the one error document.

    Our errors have it already. Those of Pecan and of other middleware get
    it, and keep their headers. An error that nobody caught is a 500. A
    dialect hands in its own ``answer``.
    """

    application: WSGIApplication
    answer: Callable[..., Iterable[bytes]] = errors.answer

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        replaced: list[Any] = []

        def start(
            status: str, headers: list[tuple[str, str]], *exc_info: Any
        ) -> Any:
            if _is_document(environ, int(status[:3])):
                return start_response(status, headers, *exc_info)
            replaced[:] = [int(status[:3]), headers]
            return lambda data: None

        try:
            _check_path(environ)
            body = self.application(environ, start)
        except Exception as exc:  # whatever it is, the caller gets an answer
            return self.answer(errors.describe(exc), environ, start_response)
        if not replaced:
            return body
        if hasattr(body, "close"):
            body.close()
        status, headers = replaced
        headers = [h for h in headers if h[0].lower() not in _ABOUT_BODY]
        return self.answer(
            errors.foreign(status), environ, start_response, headers
        )


def _is_document(environ: WSGIEnvironment, status: int) -> bool:
    return status < 400 or environ.get(errors.IS_DOCUMENT, False)


def _check_path(environ: WSGIEnvironment) -> None:
    try:
        path = environ.get("PATH_INFO", "").encode("latin-1").decode()
    except UnicodeDecodeError:
        raise Invalid("path", "not UTF-8") from None
    if "\x00" in path:
        raise Invalid("path", "has a NUL character")


class Framing:
    """Makes sure that reading a body ends.

    Without a length there is no body, unless the server says that it knows
    where the body ends.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        if length and not (length.isascii() and length.isdigit()):
            raise Invalid("Content-Length", "not a whole number")
        if not length and not environ.get("wsgi.input_terminated"):
            if environ.get("HTTP_TRANSFER_ENCODING"):
                raise errors.LengthRequired("body: its length is not known.")
            environ["CONTENT_LENGTH"] = "0"
        return self._application(environ, start_response)
