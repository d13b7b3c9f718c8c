"""Shapes that a person gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from concertim_api.api.scalars import Attributes, Text, Whole


class Shape(Attributes):
    """A shape that a person gives: what is counted in it are counts."""

    name = "shape"

    _TEXTS = {"state": Text(64), "type": Text()}
    _FLAVOR_TEXTS = {"id": Text(), "name": Text()}
    _COUNT = Whole(0, 10**8)
    _LARGEST = 16384

    def validate(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError("not an object")
        if len(orjson.dumps(value)) > self._LARGEST:
            raise ValueError(f"longer than {self._LARGEST} bytes")
        flavor = value.get("flavor")
        if flavor is not None and not isinstance(flavor, Mapping):
            raise ValueError("flavor is not an object")
        self._check(value, self._TEXTS, ("size_gb",))
        self._check(
            flavor or {},
            self._FLAVOR_TEXTS,
            ("vcpus", "ram_mb", "disk_gb", "ephemeral_gb"),
        )
        return value

    def _check(
        self,
        value: Mapping[str, Any],
        texts: Mapping[str, Text],
        counts: Sequence[str],
    ) -> None:
        for name, declared in (
            *texts.items(),
            *((count, self._COUNT) for count in counts),
        ):
            if value.get(name) is None:
                continue
            try:
                declared.validate(value[name])
            except ValueError as exc:
                raise ValueError(f"{name} is {exc}") from None
