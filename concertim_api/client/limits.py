"""Limits: what your project may have, and what it has of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from concertim_api.client.arguments import query
from concertim_api.client.http import Http, listed, path


class Limit(TypedDict):
    """A limit of Nova or Cinder; ``limit`` None: there is none. What has a
    unit has it in its name: ``ram_mb``."""

    region: str
    service: str
    name: str
    limit: int | None
    used: int | None


class Limits:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, *, region: str | None = None) -> Sequence[Limit]:
        """Return the limits of the project that you are logged in to."""
        found = self._http.get(path("limits"), query(region=region))
        return listed(found, "limits")
