"""Limits: how much your project may have, and how much it has."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.collection import ShortList


class Limit(TypedDict):
    """A limit of Nova or Cinder; ``limit`` None: there is none.

    A name ends in its unit, if there is one: ``ram_mb``.
    """

    region: str
    service: str
    name: str
    limit: int | None
    used: int | None


class Limits(ShortList[Limit]):
    """The limits of the project of the session.

    ``region`` is needed only where there are several.
    """

    nouns = "limits"
