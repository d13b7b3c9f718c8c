"""What every request passes before Pecan, besides oslo.middleware."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from oslo_config import cfg
from oslo_context.context import generate_request_id
from oslo_middleware import request_id

from concertim_api.api import errors
from concertim_api.domain.errors import Invalid

Environ = dict[str, Any]
Start = Callable[..., Any]

#: Headers of an answer that are about its body.
_ABOUT_BODY = frozenset(
    {"content-type", "content-length", "content-encoding", "etag"}
)

#: By what oslo's middleware tells that a request was forwarded.
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


class Where:
    """A middleware that only those requests pass that concern it.

    oslo's make two objects of each request, and two of each answer, before
    they look at either: as much work as all of ours together.
    """

    def __init__(
        self,
        concerns: Callable[[Environ], bool],
        middleware: Callable[[Any, cfg.ConfigOpts], Any],
        application: Any,
        conf: cfg.ConfigOpts,
    ) -> None:
        self._concerns = concerns
        self._middleware = middleware(application, conf)
        self._application = application

    def __call__(
        self, environ: Environ, start_response: Start
    ) -> Iterable[bytes]:
        concerned = self._concerns(environ)
        to = self._middleware if concerned else self._application
        return to(environ, start_response)  # type: ignore[no-any-return]


def may_have_body(environ: Environ) -> bool:
    """Whether a body may be read. Of a GET nobody reads what is there, if
    its length is not told."""
    length = environ.get("CONTENT_LENGTH")
    if not length:
        return environ["REQUEST_METHOD"] not in ("GET", "HEAD")
    return bool(length != "0")


def is_forwarded(environ: Environ) -> bool:
    """Whether a proxy says of a request how it came there."""
    return not _FORWARDED.isdisjoint(environ)


def is_of_a_browser(environ: Environ) -> bool:
    """Whether a request may be from a page of another origin."""
    return "HTTP_ORIGIN" in environ or environ["REQUEST_METHOD"] == "OPTIONS"


class RequestId:
    """Gives every request an id, which is in its answer, its errors and its
    log lines; one that came from another service is kept beside it.

    As oslo's does, without objects for the request and the answer.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(
        self, environ: Environ, start_response: Start
    ) -> Iterable[bytes]:
        others = environ.get("HTTP_X_OPENSTACK_REQUEST_ID", "")
        if _ID.match(others):
            environ[request_id.GLOBAL_REQ_ID] = others
        own = generate_request_id()
        environ[request_id.ENV_REQUEST_ID] = own

        def start(status: str, headers: list[Any], *exc_info: Any) -> Any:
            named = (request_id.HTTP_RESP_HEADER_REQUEST_ID, own)
            return start_response(status, [*headers, named], *exc_info)

        found: Iterable[bytes] = self._application(environ, start)
        return found


class ErrorDocuments:
    """Sees to it that every error is told in the one error document.

    Ours are, already. Those of Pecan, Keystone's and oslo's middleware are
    told anew, keeping their headers; what nobody caught is a 500. Another
    dialect has an ``answer`` of its own.
    """

    def __init__(
        self, application: Any, answer: Callable[..., Any] = errors.answer
    ) -> None:
        self._application = application
        self._answer = answer

    def __call__(
        self, environ: Environ, start_response: Start
    ) -> Iterable[bytes]:
        began: list[Any] = []

        def start(
            status: str, headers: list[tuple[str, str]], *exc_info: Any
        ) -> Any:
            if _is_told(environ, int(status[:3])):
                return start_response(status, headers, *exc_info)
            began[:] = [int(status[:3]), headers]
            return lambda data: None

        try:
            _check_path(environ)
            body = self._application(environ, start)
        except Exception as exc:  # whatever it is, the caller gets an answer
            return self._told(errors.describe(exc), environ, start_response)
        if not began:
            return body  # type: ignore[no-any-return]
        if hasattr(body, "close"):
            body.close()
        status, headers = began
        kept = [h for h in headers if h[0].lower() not in _ABOUT_BODY]
        return self._told(
            errors.foreign(status), environ, start_response, kept
        )

    def _told(self, *problem: Any) -> Iterable[bytes]:
        found: Iterable[bytes] = self._answer(*problem)
        return found


def _is_told(environ: Environ, status: int) -> bool:
    return status < 400 or environ.get(errors.SAID, False)


def _check_path(environ: Environ) -> None:
    try:
        path = environ.get("PATH_INFO", "").encode("latin-1").decode()
    except UnicodeDecodeError:
        raise Invalid("path", "not UTF-8") from None
    if "\x00" in path:
        raise Invalid("path", "has a NUL character")


class Framing:
    """Sees to it that reading a body ends.

    Without a length, a body has none, unless the server says that it knows
    where the body ends.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(
        self, environ: Environ, start_response: Start
    ) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        if length and not (length.isascii() and length.isdigit()):
            raise Invalid("Content-Length", "not a whole number")
        if not length and not environ.get("wsgi.input_terminated"):
            if environ.get("HTTP_TRANSFER_ENCODING"):
                raise errors.LengthRequired("body: its length is not known.")
            environ["CONTENT_LENGTH"] = "0"
        found: Iterable[bytes] = self._application(environ, start_response)
        return found
