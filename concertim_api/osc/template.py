"""openstack concertim template ..."""

from __future__ import annotations

from concertim_api.osc import options
from concertim_api.osc.cells import Attributes, Column, Moment, texts
from concertim_api.osc.commands import PagedListCommand, ShowCommand

COLUMNS = (
    *texts("id", "name", "height_u", "vcpus", "ram_mb", "disk_gb", "public"),
    *texts("label", "description", "region", long=True),
    Column("updated_at", Moment, long=True),
)


class ListTemplate(PagedListCommand):
    """List templates: what the flavors of the cloud look like in a rack."""

    columns = COLUMNS
    request = "templates.list"
    arguments = (
        *options.conditions("region", "name"),
        *options.page(sort="id, name, updated_at"),
    )


class ShowTemplate(ShowCommand):
    """Show a template."""

    columns = (*COLUMNS, Column("details", Attributes))
    request = "templates.find"
    arguments = options.name_or_id("template")
