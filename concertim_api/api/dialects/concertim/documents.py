"""The documents of this dialect: of requests, of successes, of errors.

In a request, a field may be at any depth.

Fields within ``cloud_env`` are not looked for: its password is the caller's,
and never that of a user that is to be created.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from wsgiref.types import WSGIEnvironment

import orjson

from concertim_api.api.dialects import dialect
from concertim_api.api.dialects.dialect import (
    DialectError,
    Errors,
    Reply,
    note_secret,
)
from concertim_api.api.errors import Problem
from concertim_api.domain.errors import Invalid

#: The field with the credentials of the caller.
CLOUD_ENV = "cloud_env"

_DEEPEST = 16
_LONGEST = 65535


class MissingRequiredArgs(DialectError):
    """The body lacks a field. By this dialect, that is a 415."""

    status, slug = 415, "missing_required_args"

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(f"Missing required arguments: {', '.join(names)}")


class BillingNotConfigured(DialectError):
    """There is no billing system."""

    status, slug = 501, "billing_not_configured"


class InsufficientCredits(DialectError):
    """The account has too few credits for an order."""

    status, slug = 402, "insufficient_credits"


def read(environ: WSGIEnvironment, route: Route) -> Fields:
    """Return the fields of a request's body, with all that the route needs.

    No answer will hold a password that is in it. Of an unguarded route no
    body is read. Raises Invalid, MissingRequiredArgs.
    """
    document = parsed(dialect.body_of(environ)) if route.guarded else {}
    _note_passwords(environ, document)
    fields = Fields(document)
    fields.require(route.needs)
    return fields


def _note_passwords(
    environ: WSGIEnvironment, document: Mapping[str, Any]
) -> None:
    for name, value in document.items():
        if isinstance(value, dict):
            _note_passwords(environ, value)
        elif "password" in name:
            note_secret(environ, value)


def parsed(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object of a body; without a body, an empty one.

    The Content-Type does not matter. A GET may have a body, too. Raises
    Invalid.
    """
    if not body.strip():
        return {}
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Invalid("body", "not JSON") from None
    if not isinstance(document, dict):
        raise Invalid("body", "not a JSON object")
    _check(document)
    return document


def _check(value: object, depth: int = 0) -> None:
    """Raise Invalid for content that no database can store."""
    if depth > _DEEPEST:
        raise Invalid("body", f"nested deeper than {_DEEPEST}")
    if isinstance(value, str) and "\x00" in value:
        raise Invalid("body", "has a NUL character")
    if isinstance(value, dict):
        for name, content in value.items():
            _check(name, depth + 1)
            _check(content, depth + 1)
    elif isinstance(value, list):
        for content in value:
            _check(content, depth + 1)


class Fields:
    """The fields of a body, at any depth. Of two, the outer one counts."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def require(self, names: Sequence[str]) -> None:
        """Raise MissingRequiredArgs, naming all that are missing."""
        missing = [
            name
            for name in names
            if next(self._values(name), None) in (None, "")
        ]
        if missing:
            raise MissingRequiredArgs(missing)

    def within(self, name: str) -> Fields:
        """Return the fields of an object; without that object, all."""
        inner = next(self._values(name), None)
        return Fields(inner) if isinstance(inner, dict) else self

    def text(self, name: str, within: str | None = None) -> str:
        """Return a field as text. Raises MissingRequiredArgs, Invalid."""
        text = self.optional(name, within)
        if text is None:
            raise MissingRequiredArgs([name])
        return text

    def optional(self, name: str, within: str | None = None) -> str | None:
        """Return a field as text; None if it is null, empty or missing.

        A number becomes its digits. Raises Invalid.
        """
        value = self.value(name, within)
        if value is None or value == "":
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise Invalid(name, "not a text")
        if len(value) > _LONGEST:
            raise Invalid(name, f"longer than {_LONGEST}")
        return value

    def value(self, name: str, within: str | None = None) -> Any:
        """Return the value of a field; one in ``within`` comes first."""
        if within is not None:
            inner = next(self._values(within), None)
            if isinstance(inner, dict) and name in inner:
                return inner[name]
        return next(self._values(name), None)

    def _values(self, name: str) -> Iterator[Any]:
        """Yield the values of a name, the outermost first."""
        layer: list[Mapping[str, Any]] = [self._document]
        while layer:
            for document in layer:
                if name in document:
                    yield document[name]
            layer = [
                value
                for document in layer
                for key, value in document.items()
                if isinstance(value, dict) and key != CLOUD_ENV
            ]


Request = dialect.Request[Fields]
Route = dialect.Route[Fields]


def success(document: Mapping[str, Any]) -> Reply:
    return Reply({"success": True, **document}, 201)


def word(slug: str) -> str:
    """Return the name of an error, like that of a class."""
    return "".join(part.title() for part in slug.split("_"))


def _error(problem: Problem) -> Reply:
    document = {
        "success": False,
        "error": word(problem.slug),
        "message": problem.detail,
    }
    return Reply(document, problem.status)


ERRORS = Errors(_error, 'Bearer realm="concertim"')
