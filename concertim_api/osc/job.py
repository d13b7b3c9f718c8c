"""openstack concertim job ..."""

from __future__ import annotations

from concertim_api.osc.cells import Attributes, Column, Elapsed, Moment, plain
from concertim_api.osc.commands import Listing, Showing
from concertim_api.osc.options import Parameter

COLUMNS = (
    *plain("name", "state", "outcome"),
    Column("finished_at", Moment),
    Column("age", Elapsed),
    Column("duration", Elapsed),
    Column("interval", Elapsed),
    Column("next_at", Moment),
    Column("error"),
    Column("started_at", Moment, long=True),
    Column("agent", long=True),
    Column("summary", Attributes, long=True),
)


class ListJob(Listing):
    """List what the agent does again and again, and how it last went."""

    columns = COLUMNS
    request = "jobs.list"


class ShowJob(Showing):
    """Show a job of the agent, and what its last run came to."""

    columns = COLUMNS
    request = "jobs.get"
    arguments = (
        Parameter(
            "name",
            field="thing_id",
            metavar="<name>",
            help="Name of a job: view, refresh, push, sync:<region>, "
            "changes:<region>.",
        ),
    )
