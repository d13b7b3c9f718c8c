"""Types of what only bodies have: secrets, and objects of a few fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertim_api.api.scalars import Attributes, Text


class Secret(Text):
    """A text that nobody is ever shown."""

    name = "secret"

    def schema(self) -> dict[str, Any]:
        return {**super().schema(), "format": "password", "writeOnly": True}


class Record(Attributes):
    """An object that has these fields, all of them, and no other."""

    name = "record"

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def validate(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise ValueError("not an object")
        unknown = sorted(map(str, value.keys() - self.fields.keys()))
        if unknown:
            raise ValueError(f"{unknown[0][:64]} is unknown")
        found = {}
        for name, declared in self.fields.items():
            if value.get(name) is None:
                raise ValueError(f"{name} is missing")
            try:
                found[name] = declared.validate(value[name])
            except ValueError as exc:
                raise ValueError(f"{name}: {exc}") from None
        return found

    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "required": list(self.fields),
            "properties": {n: t.schema() for n, t in self.fields.items()},
            "additionalProperties": False,
        }
