"""Errors as this dialect's callers read them: a word and a message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableSequence
from typing import Any

import orjson

from concertim_api.api import errors
from concertim_api.api.errors import HttpError, Problem

#: Set in the environ: what no answer may hold, whoever put it there.
SECRETS = "concertim.secrets"

#: What is shorter may be part of any word.
_SHORTEST = 4


class MissingRequiredArgs(HttpError):
    """The body lacks a field. By this dialect, that is a 415."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(f"Missing required arguments: {', '.join(names)}")


class BillingNotConfigured(HttpError):
    """Nothing is billed here."""


class MethodNotAllowed(HttpError):
    """The path has other methods."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = ", ".join(allowed)
        super().__init__(f"This path knows these methods: {self.allowed}.")


#: error -> status, slug: what ``api.errors`` does not know.
_OWN: Mapping[type[HttpError], tuple[int, str]] = {
    MissingRequiredArgs: (415, "missing_required_args"),
    BillingNotConfigured: (501, "billing_not_configured"),
    MethodNotAllowed: (405, "method_not_allowed"),
}


def describe(exc: Exception) -> Problem:
    """Return what to say of an error, as ``api.errors.describe``."""
    for known, (status, slug) in _OWN.items():
        if isinstance(exc, known):
            allowed = getattr(exc, "allowed", None)
            headers = {"Allow": allowed} if allowed else {}
            return Problem(status, slug, slug, str(exc), headers=headers)
    problem = errors.describe(exc)
    if problem.status != 401:
        return problem
    return Problem(
        401,
        problem.slug,
        problem.title,
        problem.detail,
        headers={"WWW-Authenticate": 'Bearer realm="concertim"'},
    )


def word(slug: str) -> str:
    """Return the name of an error, written as that of a class."""
    return "".join(part.title() for part in slug.split("_"))


def answer(
    problem: Problem,
    environ: dict[str, Any],
    start_response: Callable[..., Any],
    headers: Iterable[tuple[str, str]] = (),
) -> list[bytes]:
    """Answer a request with an error, as a WSGI application."""
    body = orjson.dumps(
        {
            "success": False,
            "error": word(problem.slug),
            "message": _without(environ.get(SECRETS, ()), problem.detail),
        }
    )
    return errors.sent(body, problem, environ, start_response, headers)


def _without(secrets: Iterable[str], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def note_secret(secrets: MutableSequence[str], value: object) -> None:
    """Note what must be in no answer."""
    if isinstance(value, str) and len(value) >= _SHORTEST:
        secrets.append(value)
