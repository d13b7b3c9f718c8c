"""Reading the body: a JSON object of declared fields, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from concertim_api.api import errors as http
from concertim_api.api import types
from concertim_api.domain import errors

_DEEPEST = 8


#: A header that is the field ``key`` of a body, where that has one.
KEY_HEADER = "Idempotency-Key"


def read(
    content_type: str,
    body: bytes,
    datatype: type[types.Representation],
    key: str | None = None,
) -> dict[str, Any]:
    """Return the fields of a body. Raises Invalid, naming the field.

    Where no field is mandatory, there may be no body. ``key``: what
    ``KEY_HEADER`` says.
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
    if key is not None and "key" in types.fields(datatype):
        document["key"] = _same_key(key.strip('"'), document.get("key"))
    return _fields(document, datatype)


def _same_key(header: str, field: Any) -> str:
    """Return the key of a request: that of its header, which is no other
    than that of its body."""
    if field not in (None, header):
        raise errors.Invalid(KEY_HEADER, "is not the key in the body")
    return header


def _fields(
    document: Mapping[str, Any], datatype: type[types.Representation]
) -> dict[str, Any]:
    fields = types.fields(datatype)
    needed = types.mandatory(datatype)
    for name in document:
        if name not in fields:
            raise errors.Invalid(_short(name), "unknown field")
    values = {}
    for name, declared in fields.items():
        value = document.get(name)
        if value is not None:
            values[name] = _value(name, declared, value)
        elif name in needed:
            problem = "must not be null" if name in document else "missing"
            raise errors.Invalid(name, problem)
    return values


def _value(name: str, declared: Any, value: Any) -> Any:
    _check_depth(name, value)
    try:
        return declared.validate(value)
    except ValueError as exc:
        raise errors.Invalid(name, str(exc)) from None


def _check_depth(name: str, content: Any, depth: int = 0) -> None:
    """Raise Invalid for content that some database can't store."""
    if depth > _DEEPEST:
        raise errors.Invalid(name, f"nested deeper than {_DEEPEST}")
    if isinstance(content, str) and "\x00" in content:
        raise errors.Invalid(name, "has a NUL character")
    if isinstance(content, dict):
        for key, value in content.items():
            _check_depth(name, key, depth + 1)
            _check_depth(f"{name}.{_short(key)}", value, depth + 1)
    elif isinstance(content, list):
        for value in content:
            _check_depth(name, value, depth + 1)


def _short(name: str) -> str:
    return name if len(name) <= 64 else f"{name[:64]}..."
