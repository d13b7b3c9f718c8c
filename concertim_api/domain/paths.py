"""Paths into payloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def pick(payload: object, path: str) -> Any:
    """Return the value at a path such as ``share.size``, or None.

    A number in the path is an index of a list. The path may leave out the
    wrappers of versioned objects, such as ``nova_object.data``.
    """
    value: Any = payload
    for name in path.split("."):
        value = _unwrapped(value)
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal():
            value = value[int(name)] if int(name) < len(value) else None
        else:
            return None
    return _unwrapped(value)


def _unwrapped(value: Any) -> Any:
    if isinstance(value, Mapping):
        for name in value:
            if isinstance(name, str) and name.endswith("_object.data"):
                return value[name]
    return value
