"""Limits: what your project may have, and what it has of it."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.collection import ShortList


class Limit(TypedDict):
    """A limit of Nova or Cinder; ``limit`` None: there is none. What has a
    unit has it in its name: ``ram_mb``."""

    region: str
    service: str
    name: str
    limit: int | None
    used: int | None


class Limits(ShortList[Limit]):
    """The limits of the project that you are logged in to; ``region``: which
    one, where there are several."""

    nouns = "limits"
