"""The regions that report."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.collection import ShortList


class Region(TypedDict):
    """A region: its size, if you may see all of it, and when it was last
    heard of."""

    name: str
    resources: int | None
    newest_observation: str | None


class Regions(ShortList[Region]):
    """The regions that report."""

    nouns = "regions"
