"""Reading the body: a JSON object of declared fields, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from concertim_api.api import errors as http
from concertim_api.api import types
from concertim_api.domain import errors

_DEEPEST = 8


def read(
    content_type: str, body: bytes, datatype: type[types.Representation]
) -> dict[str, Any]:
    """Return the fields that were given. Raises Invalid, naming the field.

    Where no field is needed, no body is needed either.
    """
    if content_type not in ("", "application/json"):
        raise http.UnsupportedMediaType(
            "body: its Content-Type must be application/json."
        )
    if not body:
        if not types.mandatory(datatype):
            return {}
        raise errors.Invalid("body", "missing")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise errors.Invalid("body", "not JSON") from None
    if not isinstance(document, dict):
        raise errors.Invalid("body", "not a JSON object")
    return _fields(document, datatype)


def _fields(
    document: Mapping[str, Any], datatype: type[types.Representation]
) -> dict[str, Any]:
    known = types.fields(datatype)
    needed = types.mandatory(datatype)
    for name in document:
        if name not in known:
            raise errors.Invalid(_short(name), "unknown field")
    found = {}
    for name, declared in known.items():
        given = document.get(name)
        if given is not None:
            found[name] = _value(name, declared, given)
        elif name in needed:
            problem = "must not be null" if name in document else "missing"
            raise errors.Invalid(name, problem)
    return found


def _value(name: str, declared: Any, given: Any) -> Any:
    _check_depth(name, given)
    try:
        return declared.validate(given)
    except ValueError as exc:
        raise errors.Invalid(name, str(exc)) from None


def _check_depth(name: str, given: Any, depth: int = 0) -> None:
    """Raise Invalid for what some database can't keep."""
    if depth > _DEEPEST:
        raise errors.Invalid(name, f"nested deeper than {_DEEPEST}")
    if isinstance(given, str) and "\x00" in given:
        raise errors.Invalid(name, "has a NUL character")
    if isinstance(given, dict):
        for key, value in given.items():
            _check_depth(name, key, depth + 1)
            _check_depth(f"{name}.{_short(key)}", value, depth + 1)
    elif isinstance(given, list):
        for value in given:
            _check_depth(name, value, depth + 1)


def _short(name: str) -> str:
    return name if len(name) <= 64 else f"{name[:64]}..."
