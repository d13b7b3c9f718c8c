"""Quotas: what a project may have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from concertim_api.client.arguments import query
from concertim_api.client.http import Http, listed, path


class Quota(TypedDict):
    """How much of something a project may have; ``limit`` None: as much as
    it likes. What has a unit has it in its name: ``ram_mb``."""

    region: str
    project_id: str
    service: str
    name: str
    limit: int | None
    used: int | None
    reserved: int | None


class Quotas:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(
        self, *, project_id: str | None = None, region: str | None = None
    ) -> Sequence[Quota]:
        """Return the quotas of a project; without ``project_id``, yours."""
        arguments = query(project_id=project_id, region=region)
        return listed(self._http.get(path("quotas"), arguments), "quotas")
