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


class MethodNotAllowed(HttpError):
    """The path has other methods."""

    def __init__(self, methods: Iterable[str]) -> None:
        self.methods = ", ".join(methods)
        super().__init__(f"This path knows these methods: {self.methods}.")


@dc.dataclass(frozen=True, slots=True)
class Errors:
    """What the callers of a dialect read of errors.

    ``reply`` makes the document of a problem. ``challenge`` is the header
    WWW-Authenticate of a 401. ``meanings``: error -> status and slug, for the
    errors of this dialect that ``api.errors`` does not know.
    """

    reply: Callable[[Problem], Reply]
    challenge: str
    meanings: Mapping[type[HttpError], tuple[int, str]] = dc.field(
        default_factory=dict
    )

    def describe(self, exc: Exception) -> Problem:
        """Return what to say of an error, as ``api.errors.describe``."""
        if isinstance(exc, MethodNotAllowed):
            return _problem(
                exc, 405, "method_not_allowed", {"Allow": exc.methods}
            )
        for meant, (status, slug) in self.meanings.items():
            if isinstance(exc, meant):
                return _problem(exc, status, slug)
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


def _problem(
    exc: Exception,
    status: int,
    slug: str,
    headers: Mapping[str, str] | None = None,
) -> Problem:
    return Problem(status, slug, slug, str(exc), headers=headers or {})


def note_secret(environ: WSGIEnvironment, value: object) -> None:
    """Note what no answer to this request may hold."""
    if isinstance(value, str) and len(value) >= _SHORTEST:
        environ.setdefault(SECRETS, []).append(value)
