"""openstack concertim operation ..."""

from __future__ import annotations

from concertim_api.client.http import moment
from concertim_api.osc import moments, options
from concertim_api.osc.cells import Attributes, Column, Moment, texts
from concertim_api.osc.commands import PagedListCommand, ShowCommand
from concertim_api.osc.options import Parameter


def _since(text: str) -> str:
    """Return the condition for the moment that an option names."""
    return f"gte:{moment(moments.parse_moment(text))}"


class ListOperation(PagedListCommand):
    """List what was done in the cloud, the newest first."""

    columns = (
        Column("id"),
        Column("asked_at", Moment),
        *texts("noun", "action", "name", "state", "error"),
        Column("resource_id", long=True),
        Column("arguments", Attributes, long=True),
        *texts("region", "project", "project_id", long=True),
        *texts("user_id", "request_id", long=True),
        Column("finished_at", Moment, long=True),
    )
    request = "operations.list"
    arguments = (
        options.Scope(),
        *options.conditions("noun", "action", "region"),
        options.state("failed,unsure", "what failed, or is unsure"),
        options.RESOURCE_ID,
        Parameter(
            "--user",
            field="user_id",
            metavar="<id>",
            help="Only what this user asked for.",
        ),
        Parameter(
            "--since",
            field="asked_at",
            type=_since,
            metavar="<time>",
            help=f"Only from this time on: {moments.FORMS} (UTC).",
        ),
        *options.page(),
    )


COLUMNS = (
    *texts("id", "noun", "action", "name", "state", "error"),
    Column("arguments", Attributes),
    *texts("resource_id", "region", "project", "project_id"),
    *texts("user_id", "request_id"),
    Column("asked_at", Moment),
    Column("finished_at", Moment),
)


class ShowOperation(ShowCommand):
    """Show an operation, and what came of it."""

    columns = COLUMNS
    request = "operations.get"
    arguments = options.id_only("an operation")
