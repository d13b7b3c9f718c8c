"""What can go wrong between a caller and the API, as exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Base of every error of the client."""


class Unreachable(ClientError):
    """No answer: no endpoint is known, or nobody listens there."""


class NotUnderstood(ClientError):
    """The answer is not one of a concertim API."""


class HttpError(ClientError):
    """The API refused; its error document says why.

    ``status``, ``code``, ``title`` and ``detail`` are those of the document,
    ``request_id`` finds the request in the server's log.
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
        told = self.detail.rstrip(".") or "no reason given"
        request = f", request {self.request_id}" if self.request_id else ""
        return f"{told} (HTTP {self.status}{request})"


class Invalid(HttpError):
    """A value is not acceptable; ``field`` names it, where one is."""

    @property
    def field(self) -> str | None:
        name, colon, _ = self.detail.partition(":")
        return name if colon and " " not in name else None


class Unauthorized(HttpError):
    """The token or key is missing, wrong or expired."""


class Forbidden(HttpError):
    """The caller's roles do not allow it."""


class NotFound(HttpError):
    """It does not exist, or the caller may not see it."""


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
    """Several resources have this id: say which kind or region."""


class Gone(HttpError):
    """It existed, and is no longer kept."""


class TooLarge(HttpError):
    """The request is larger than the API takes."""


class ServerError(HttpError):
    """The API failed; its log tells why."""


class Unavailable(ServerError):
    """The API can't work at the moment; trying later may help."""


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


def of(status: int, body: object, request_id: str | None) -> HttpError:
    """Return the exception that an answer with this status means.

    ``body`` is the decoded JSON or None: a proxy in between may have
    answered in its own words.
    """
    document: Mapping[str, Any] = {}
    if isinstance(body, Mapping):
        listed = body.get("errors")
        if isinstance(listed, list) and listed:
            document = listed[0] if isinstance(listed[0], Mapping) else {}
    default = ServerError if status >= 500 else HttpError
    kind = _BY_CODE.get(
        str(document.get("code")), _BY_STATUS.get(status, default)
    )
    return kind(status, document, document.get("request_id") or request_id)
