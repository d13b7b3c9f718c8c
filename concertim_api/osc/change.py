"""openstack concertim change ..."""

from __future__ import annotations

from concertim_api.osc import options
from concertim_api.osc.cells import Column, Moment, plain
from concertim_api.osc.commands import Listing


class ListChange(Listing):
    """List changes: whose periods changed, and from when on."""

    columns = (
        Column("cursor"),
        Column("recorded_at", Moment),
        Column("since", Moment),
        *plain("kind", "resource_id", "project"),
        *plain("project_id", "region", long=True),
    )
    request = "changes.list"
    arguments = (
        options.Scope(),
        *options.only("kind", "region"),
        options.RESOURCE_ID,
        options.Parameter(
            "--since",
            type=int,
            metavar="<cursor>",
            help="Only changes after this cursor, the last one that you saw; "
            "without it, all that are kept.",
        ),
        options.LIMIT,
    )
