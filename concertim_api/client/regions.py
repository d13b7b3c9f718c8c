"""The regions that report."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.collection import ShortList


class Region(TypedDict):
    """A region, and its newest observation.

    ``resources``: how many it has; None: you may not see all of them.
    """

    name: str
    resources: int | None
    newest_observation: str | None


class Regions(ShortList[Region]):
    """The regions that report."""

    nouns = "regions"
