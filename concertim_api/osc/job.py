"""openstack concertim job ..."""

from __future__ import annotations

from concertim_api.osc.cells import (
    Attributes,
    Column,
    Moment,
    ShortDuration,
    texts,
)
from concertim_api.osc.commands import ListCommand, ShowCommand
from concertim_api.osc.options import Parameter

COLUMNS = (
    *texts("name", "state", "outcome"),
    Column("finished_at", Moment),
    Column("age", ShortDuration),
    Column("duration", ShortDuration),
    Column("interval", ShortDuration),
    Column("next_at", Moment),
    Column("error"),
    Column("started_at", Moment, long=True),
    Column("agent", long=True),
    Column("summary", Attributes, long=True),
)


class ListJob(ListCommand):
    """List what the agent does again and again, and how it last went."""

    columns = COLUMNS
    request = "jobs.list"


class ShowJob(ShowCommand):
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
