"""Templates: the flavors of the cloud, as devices have them."""

from __future__ import annotations

from typing import Any, TypedDict

from concertim_api.client.collection import ByName


class Template(TypedDict):
    """A flavor, and the height of its devices."""

    region: str
    id: str
    name: str
    label: str | None
    description: str | None
    height_u: int
    vcpus: int | None
    ram_mb: int | None
    disk_gb: int | None
    public: bool | None
    details: dict[str, Any]
    updated_at: str | None


class Templates(ByName[Template]):
    """Templates. Filters: region, name, id. ``get``: region."""

    nouns = "templates"
