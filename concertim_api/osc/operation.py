"""openstack concertim operation ..."""

from __future__ import annotations

from concertim_api.client.http import moment
from concertim_api.client.operations import Operation
from concertim_api.osc import moments, options
from concertim_api.osc.cells import every, named
from concertim_api.osc.commands import PagedListCommand, ShowCommand
from concertim_api.osc.options import Parameter


def _since(text: str) -> str:
    """Return the condition for the moment that an option names."""
    return f"gte:{moment(moments.parse_moment(text))}"


class ListOperation(PagedListCommand):
    """List operations in the cloud, the newest first."""

    columns = named(
        "id asked_at noun action name state error",
        long="resource_id arguments region project project_id user_id "
        "request_id finished_at",
    )
    minor = "noun"
    request = "operations.list"
    arguments = (
        options.Scope(),
        *options.conditions("noun", "action", "region"),
        options.state("failed,unsure", "failed or unsure ones"),
        options.RESOURCE_ID,
        Parameter(
            "--user",
            field="user_id",
            metavar="<id>",
            help="Only operations of this user.",
        ),
        options.Time(
            "--since", "Only from this time on", field="asked_at", type=_since
        ),
        *options.page(),
    )


class ShowOperation(ShowCommand):
    """Show an operation, and its outcome."""

    columns = every(Operation)
    request = "operations.find"
    arguments = options.beginning("an operation")
