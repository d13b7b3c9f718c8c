"""Usage periods."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from concertim_api.client.arguments import query
from concertim_api.client.http import Http, Items, path


class Period(TypedDict):
    """A time in which a resource kept one shape; ``end`` None: it runs."""

    id: int | str
    region: str
    kind: str
    resource_id: str
    name: str | None
    project_id: str | None
    start: str
    end: str | None
    state: str | None
    type: str | None
    vcpus: int
    ram_mb: int
    disk_gb: int
    shape: dict[str, Any]


class Periods:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        clip: bool | None = None,
        sort: str | None = None,
        limit: int | None = None,
        marker: str | None = None,
        **filters: Any,
    ) -> Items[Period]:
        """Return the periods that overlap [start, end).

        ``clip`` cuts them to it. Filters: project_id, kind, resource_id,
        region, state, type, running, id; a list means any of its values.
        """
        arguments = query(
            start=start,
            end=end,
            clip=clip,
            sort=sort,
            marker=marker,
            **filters,
        )
        return self._http.items(path("periods"), "periods", arguments, limit)
