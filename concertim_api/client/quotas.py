"""Quotas: how much a project may have."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.collection import ShortList


class Quota(TypedDict):
    """How much of a thing a project may have; ``limit`` None: no limit.

    A name ends in its unit, if there is one: ``ram_mb``.
    """

    region: str
    project_id: str
    service: str
    name: str
    limit: int | None
    used: int | None
    reserved: int | None


class Quotas(ShortList[Quota]):
    """Quotas. Filters: project_id (without it, yours), region."""

    nouns = "quotas"
