"""Templates: the flavors of the cloud, as devices have them."""

from __future__ import annotations

from typing import Any, TypedDict

from concertim_api.client import lookup
from concertim_api.client.arguments import query
from concertim_api.client.http import Http, Items, path


class Template(TypedDict):
    """What devices of a flavor look like: so many units high."""

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


class Templates:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(
        self,
        *,
        sort: str | None = None,
        limit: int | None = None,
        marker: str | None = None,
        **filters: Any,
    ) -> Items[Template]:
        """Return templates. Filters: region, name, id."""
        arguments = query(sort=sort, marker=marker, **filters)
        return self._http.items(
            path("templates"), "templates", arguments, limit
        )

    def get(self, template_id: str, *, region: str | None = None) -> Template:
        """Return a template.

        Raises Ambiguous if several regions have this id.
        """
        found: Template = self._http.get(
            path("templates", template_id), query(region=region)
        )
        return found

    def find(self, name_or_id: str, *, region: str | None = None) -> Template:
        """Return the template with this id or, failing that, this name.

        Raises NotFound, or ClientError naming those that share the name.
        """
        return lookup.find(
            "templates",
            name_or_id,
            lambda one: self.get(one, region=region),
            lambda name: self.list(
                name=name, region=region, limit=lookup.MOST
            ),
        )
