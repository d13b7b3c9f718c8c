"""Bodies as these callers send them: fields may be anywhere within.

What is in ``cloud_env`` is in nothing else: the password in it is that of
who calls, and never the one of a user that is to be created.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from wsgiref.types import WSGIEnvironment

import orjson

from concertim_api.api.dialects import dialect
from concertim_api.api.dialects.concertim.documents import MissingRequiredArgs
from concertim_api.api.dialects.errors import note_secret
from concertim_api.domain.errors import Invalid

#: The field with the credentials of who calls.
CLOUD_ENV = "cloud_env"

_DEEPEST = 16
_LONGEST = 65535


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
    """Return the JSON object of a body; of none, an empty one.

    Whatever its Content-Type is: also that of a GET. Raises Invalid.
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
    """Raise Invalid for what nobody means, and no database keeps."""
    if depth > _DEEPEST:
        raise Invalid("body", f"nested deeper than {_DEEPEST}")
    if isinstance(value, str) and "\x00" in value:
        raise Invalid("body", "has a NUL character")
    if isinstance(value, dict):
        for name, one in value.items():
            _check(name, depth + 1)
            _check(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            _check(one, depth + 1)


class Fields:
    """The fields of a body, wherever in it they are.

    Those further out come first.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def require(self, names: Sequence[str]) -> None:
        """Raise MissingRequiredArgs, naming all that are not there."""
        missing = [
            name
            for name in names
            if next(self._found(name), None) in (None, "")
        ]
        if missing:
            raise MissingRequiredArgs(missing)

    def within(self, name: str) -> Fields:
        """Return the fields of an object; if there is none, all."""
        found = next(self._found(name), None)
        return Fields(found) if isinstance(found, dict) else self

    def text(self, name: str, within: str | None = None) -> str:
        """Return a field as text. Raises MissingRequiredArgs, Invalid."""
        found = self.optional(name, within)
        if found is None:
            raise MissingRequiredArgs([name])
        return found

    def optional(self, name: str, within: str | None = None) -> str | None:
        """Return a field as text; None if it is null, empty or not there.

        A number is taken for its digits. Raises Invalid.
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
        """Return a field as it is, looked for in ``within`` first."""
        if within is not None:
            inner = next(self._found(within), None)
            if isinstance(inner, dict) and name in inner:
                return inner[name]
        return next(self._found(name), None)

    def _found(self, name: str) -> Iterator[Any]:
        """Yield the values of a name, from the outermost inwards."""
        layer: list[Mapping[str, Any]] = [self._document]
        while layer:
            for one in layer:
                if name in one:
                    yield one[name]
            layer = [
                value
                for one in layer
                for key, value in one.items()
                if isinstance(value, dict) and key != CLOUD_ENV
            ]


Request = dialect.Request[Fields]
Route = dialect.Route[Fields]
