"""The only table from errors to HTTP, and the only error document."""

from __future__ import annotations

import dataclasses as dc
import logging
from collections.abc import Iterable, Mapping
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson
from webob import exc as webob_exc

from concertim_api.domain import errors
from concertim_api.services.ledger.resources import Ambiguous

LOG = logging.getLogger(__name__)

SERVICE_TYPE = "concertim"

#: Set in the environ: the answer is an error document already.
IS_DOCUMENT = "concertim.is_error_document"

#: Seconds after which a caller may try again.
_RETRY_AFTER = "10"


class HttpError(Exception):
    """What is wrong with a request before it means anything."""


class Unauthorized(HttpError):
    """The caller is not known."""


class Forbidden(HttpError):
    """The caller is known, and may not do that."""


class NotAcceptable(HttpError):
    """The API lacks this microversion; the error names those it has."""

    def __init__(self, detail: str, minimum: str, maximum: str) -> None:
        super().__init__(detail)
        self.more = {"min_version": minimum, "max_version": maximum}


class LengthRequired(HttpError):
    """The length of the body is not known."""


class TooLarge(HttpError):
    """The body is larger than allowed."""


class UnsupportedMediaType(HttpError):
    """The Content-Type of the body is not JSON."""


#: error -> status, slug, title. The first that fits counts.
TABLE: Mapping[type[Exception], tuple[int, str, str]] = {
    errors.NotFound: (404, "not_found", "Not found"),
    Ambiguous: (409, "ambiguous", "Ambiguous"),
    errors.Conflict: (409, "conflict", "Conflict"),
    errors.Invalid: (400, "invalid", "Invalid input"),
    errors.Gone: (410, "gone", "Gone"),
    errors.NotConfigured: (501, "not_configured", "Not configured"),
    errors.Unanswered: (504, "unanswered", "No answer"),
    errors.Unavailable: (503, "unavailable", "Unavailable"),
    errors.CloudRefused: (
        403,
        "refused_by_cloud",
        "Refused by the cloud",
    ),
    errors.Unauthenticated: (401, "unauthorized", "Unauthorized"),
    Unauthorized: (401, "unauthorized", "Unauthorized"),
    Forbidden: (403, "forbidden", "Forbidden"),
    NotAcceptable: (406, "not_acceptable", "Not acceptable"),
    LengthRequired: (411, "length_required", "Length required"),
    TooLarge: (413, "too_large", "Too large"),
    UnsupportedMediaType: (415, "unsupported_media_type", "Not JSON"),
}

#: status -> slug, title, detail: of what Pecan or a middleware answers.
FOREIGN: Mapping[int, tuple[str, str, str]] = {
    401: (
        "unauthorized",
        "Unauthorized",
        "The request you have made requires authentication.",
    ),
    403: ("forbidden", "Forbidden", "This is not allowed."),
    404: ("not_found", "Not found", "There is nothing at this path."),
    405: (
        "method_not_allowed",
        "Method not allowed",
        "This path does not know this method; see the header Allow.",
    ),
    413: ("too_large", "Too large", "body: larger than this service takes."),
    503: (
        "unavailable",
        "Unavailable",
        "A part of the service does not answer; try again later.",
    ),
    504: (
        "unanswered",
        "No answer",
        "The cloud was asked, and gave no answer; it may have done it, or "
        "not. The operations tell what is known.",
    ),
}

#: Instead of "try again later".
_OUT_OF_ORDER = (
    "The service is out of order, and trying again does not help: tell your "
    "administrator."
)

_INTERNAL = "Something unexpected happened; the service's log knows more."


@dc.dataclass(frozen=True, slots=True)
class Problem:
    """What callers read of an error."""

    status: int
    slug: str
    title: str
    detail: str
    headers: Mapping[str, str] = dc.field(default_factory=dict)
    more: Mapping[str, Any] = dc.field(default_factory=dict)

    def entry(self, request_id: str) -> dict[str, Any]:
        """Return the problem as one of the errors in a document."""
        return {
            "request_id": request_id,
            "code": f"{SERVICE_TYPE}.{self.slug}",
            "status": self.status,
            "title": self.title,
            "detail": self.detail,
            "links": [],
            **self.more,
        }

    def document(self, request_id: str) -> bytes:
        """Return the error document of the API-SIG, as JSON."""
        return orjson.dumps({"errors": [self.entry(request_id)]})


def describe(exc: Exception) -> Problem:
    """Return what to say of an error.

    The text of an error on our side is logged with the request's id. Callers
    do not get it; they only get which part of the cloud can't be asked, and
    that Keystone refuses us. Without Retry-After, trying again is in vain.
    """
    row = next((TABLE[t] for t in TABLE if isinstance(exc, t)), None)
    if row is None:
        return _unknown(exc)
    status, slug, title = row
    if status in (503, 504):
        LOG.warning("Answered %d: %s", status, errors.in_full(exc))
        return _unavailable(exc, foreign(status))
    detail = str(exc) or title
    return Problem(
        status, slug, title, _clean(detail), more=getattr(exc, "more", {})
    )


def _unavailable(exc: Exception, problem: Problem) -> Problem:
    if isinstance(exc, errors.OutOfOrder):
        is_public = isinstance(exc, errors.LoginRefused)
        detail = f"{exc}." if is_public else _OUT_OF_ORDER
        return dc.replace(problem, detail=detail, headers={})
    if not isinstance(exc, errors.Unasked):
        return problem
    detail = f"Nothing was done: {exc.part} can't be asked; try again later."
    return dc.replace(problem, detail=detail)


def foreign(status: int) -> Problem:
    """Return what to say of a status that Pecan or a middleware answers."""
    headers = {"Retry-After": _RETRY_AFTER} if status == 503 else {}
    if status in FOREIGN:
        return Problem(status, *FOREIGN[status], headers=headers)
    if status >= 500:
        return Problem(status, "internal", "Internal error", _INTERNAL)
    title = webob_exc.status_map[status].title
    return Problem(status, "invalid", title, f"{title}.")


def _unknown(exc: Exception) -> Problem:
    if isinstance(exc, webob_exc.HTTPException):
        return foreign(exc.status_int)
    LOG.error("The request failed", exc_info=exc)
    return foreign(500)


def _clean(text: str) -> str:
    """Return text that JSON can carry, whatever a caller put in it."""
    return text.encode("utf-8", "replace").decode()


def answer(
    problem: Problem,
    environ: WSGIEnvironment,
    start_response: StartResponse,
    headers: Iterable[tuple[str, str]] = (),
) -> list[bytes]:
    """Answer a request with the error document, as a WSGI application."""
    body = problem.document(environ.get("openstack.request_id", ""))
    headers = [*headers, *problem.headers.items()]
    return send(problem.status, body, environ, start_response, headers)


def send(
    status: int,
    body: bytes,
    environ: WSGIEnvironment,
    start_response: StartResponse,
    headers: Iterable[tuple[str, str]] = (),
) -> list[bytes]:
    """Send JSON that no middleware replaces, as a WSGI application."""
    environ[IS_DOCUMENT] = True
    start_response(
        f"{status} {webob_exc.status_map[status].title}",
        [
            *headers,
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
        ],
    )
    return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]
