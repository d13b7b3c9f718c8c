"""Errors of a dialect: their meanings are ours, their documents its own."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Iterable, Mapping
from wsgiref.types import StartResponse, WSGIEnvironment

from concertim_api.api import errors
from concertim_api.api.dialects.replies import Reply, send
from concertim_api.api.errors import HttpError, Problem

#: Set in the environ: what no answer may hold, whoever put it there.
SECRETS = "concertim.secrets"

#: A shorter text may be part of any word.
_SHORTEST = 4


class DialectError(HttpError):
    """An error that ``api.errors`` does not know, with its status."""

    status: int
    slug: str
    headers: Mapping[str, str] = {}


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
                exc.status, exc.slug, exc.slug, str(exc), headers=exc.headers
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
    ) -> list[bytes]:
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


def note_secret(environ: WSGIEnvironment, value: object) -> None:
    """Note what no answer to this request may hold."""
    if isinstance(value, str) and len(value) >= _SHORTEST:
        environ.setdefault(SECRETS, []).append(value)
