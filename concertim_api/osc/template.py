"""openstack concertim template ..."""

from __future__ import annotations

from concertim_api.osc import options
from concertim_api.osc.cells import named
from concertim_api.osc.commands import PagedListCommand, ShowCommand

COLUMNS = named(
    "id name height_u vcpus ram_mb disk_gb public",
    long="label description region updated_at",
)


class ListTemplate(PagedListCommand):
    """List templates: the flavors, and their heights in a rack."""

    columns = COLUMNS
    request = "templates.list"
    arguments = (
        *options.conditions("region", "name"),
        *options.page(sort="id, name, updated_at"),
    )


class ShowTemplate(ShowCommand):
    """Show a template."""

    columns = (*COLUMNS, *named("details"))
    request = "templates.find"
    arguments = options.name_or_id("template")
