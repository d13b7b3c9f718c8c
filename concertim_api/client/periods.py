"""Usage periods."""

from __future__ import annotations

from typing import Any, TypedDict

from concertim_api.client.collection import Collection


class Period(TypedDict):
    """A time in which a resource had one shape; ``end`` None: it runs."""

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


class Periods(Collection[Period]):
    """Periods that overlap [``start``, ``end``); ``clip`` cuts them there.

    Filters: project_id, kind, resource_id, region, state, type, running, id;
    a list means any of its values.
    """

    nouns = "periods"
