"""Microversions: which there are, and which one a request asks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import microversion_parse

from concertim_api.api import errors
from concertim_api.domain.errors import Invalid

#: Every microversion, oldest first. Each has an entry in the history.
VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4")
MINIMUM, MAXIMUM = VERSIONS[0], VERSIONS[-1]

HEADER = "OpenStack-API-Version"

#: Set in the environ: the microversion of the request.
ENVIRON = "concertim.version"

Version = tuple[int, int]


def parse(text: str) -> Version:
    """Return 1.0 as (1, 0), so that versions compare."""
    version: Version = tuple(microversion_parse.parse_version_string(text))
    return version


def requested(header: str | None) -> str:
    """Return the microversion of a header; without one, the oldest.

    Raises Invalid if it can't be read, NotAcceptable if there is no such one.
    """
    headers = {HEADER.lower(): header} if header else {}
    text = microversion_parse.get_version(headers, errors.SERVICE_TYPE)
    if text is None:
        return MINIMUM
    if text.lower() == "latest":
        return MAXIMUM
    major, dot, minor = text.partition(".")
    if not (dot and _number(major) and _number(minor)):
        raise Invalid(HEADER, "not like concertim 1.0")
    if text not in VERSIONS:
        raise errors.NotAcceptable(
            f"{HEADER}: {text} is not from {MINIMUM} to {MAXIMUM}.",
            MINIMUM,
            MAXIMUM,
        )
    return text


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4


class Microversions:
    """Reads the microversion of a request, and names it in the answer."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        version = MINIMUM

        def start(status: str, headers: list[Any], *exc_info: Any) -> Any:
            headers = [
                *headers,
                (HEADER, f"{errors.SERVICE_TYPE} {version}"),
                ("Vary", HEADER),
            ]
            return start_response(status, headers, *exc_info)

        try:
            version = requested(environ.get("HTTP_OPENSTACK_API_VERSION"))
        except (Invalid, errors.NotAcceptable) as exc:
            return errors.answer(errors.describe(exc), environ, start)
        environ[ENVIRON] = parse(version)
        return self._application(environ, start)
