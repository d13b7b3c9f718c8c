"""The regions that report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from concertim_api.client.http import Http, listed, path


class Region(TypedDict):
    """A region: its size, if you may see all of it, and when it was last
    heard of."""

    name: str
    resources: int | None
    newest_observation: str | None


class Regions:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self) -> Sequence[Region]:
        """Return the regions."""
        return listed(self._http.get(path("regions")), "regions")
