"""The exceptions of the client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Base of every error of the client."""


class Unreachable(ClientError):
    """No answer: there is no endpoint, or nothing listens there."""


class NotUnderstood(ClientError):
    """The answer is not one of a concertim API."""


class HttpError(ClientError):
    """The API refused the request; ``document`` is its error document.

    ``code``, ``title`` and ``detail`` are fields of the document. The
    server's log names the request by ``request_id``.
    """

    def __init__(
        self, status: int, document: Mapping[str, Any], request_id: str | None
    ) -> None:
        self.status = status
        self.code = str(document.get("code") or "")
        self.title = str(document.get("title") or "")
        self.detail = str(document.get("detail") or self.title)
        self.request_id = request_id
        self.document = document
        super().__init__(self._message())

    def _message(self) -> str:
        detail = self.detail.rstrip(".") or "no reason given"
        request = f", request {self.request_id}" if self.request_id else ""
        return f"{detail} (HTTP {self.status}{request})"


class Invalid(HttpError):
    """A value is not acceptable; ``field`` names it, if the API does."""

    @property
    def field(self) -> str | None:
        name, colon, _ = self.detail.partition(":")
        return name if colon and " " not in name else None


class Unauthorized(HttpError):
    """The token or key is missing, wrong or expired."""


class Forbidden(HttpError):
    """The caller's roles do not allow it."""


class NotFound(HttpError):
    """The thing does not exist, or the caller may not see it."""


class NotAcceptable(HttpError):
    """The API does not speak this version."""

    @property
    def min_version(self) -> str | None:
        return self.document.get("min_version")

    @property
    def max_version(self) -> str | None:
        return self.document.get("max_version")


class Conflict(HttpError):
    """The request contradicts what is stored."""


class Ambiguous(Conflict):
    """Several resources have this id: the kind or the region must be given."""


class Gone(HttpError):
    """The thing existed, but the API does not keep it any more."""


class TooLarge(HttpError):
    """The request is larger than the API takes."""


class ServerError(HttpError):
    """The API failed; its log has the reason."""


class Unavailable(ServerError):
    """The API can't work at the moment; a later attempt may succeed."""


_BY_CODE = {"concertim.ambiguous": Ambiguous}

_BY_STATUS = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    406: NotAcceptable,
    409: Conflict,
    410: Gone,
    413: TooLarge,
    503: Unavailable,
}


def error_of(status: int, body: object, request_id: str | None) -> HttpError:
    """Return the exception for an answer with this status.

    ``body`` is the JSON of the answer, of any form: a proxy may have
    answered instead of the API. None: there is no JSON.
    """
    document: Mapping[str, Any] = {}
    if isinstance(body, Mapping):
        documents = body.get("errors")
        if isinstance(documents, list) and documents:
            first = documents[0]
            document = first if isinstance(first, Mapping) else {}
    default = ServerError if status >= 500 else HttpError
    error_class = _BY_CODE.get(
        str(document.get("code")), _BY_STATUS.get(status, default)
    )
    return error_class(
        status, document, document.get("request_id") or request_id
    )
