"""openstack concertim usage record ..."""

from __future__ import annotations

from concertim_api.osc import options
from concertim_api.osc.cells import named
from concertim_api.osc.commands import PagedListCommand
from concertim_api.osc.invoice import month
from concertim_api.osc.options import Parameter


class ListUsageRecord(PagedListCommand):
    """List what each day of each order was charged, the newest first."""

    columns = named(
        "day project order_id revision amounts",
        long="month account_id project_id created_at posted_at refusal",
    )
    minor = "revision"
    request = "usage_records.list"
    arguments = (
        options.Scope(),
        Parameter(
            "--order",
            field="order_id",
            metavar="<id>",
            help="Only the order with this id.",
        ),
        Parameter("--day", help="Only this day: 2026-11-21."),
        Parameter(
            "--month",
            type=month,
            help="Only what is on the invoices of this month: 2026-11.",
        ),
        Parameter(
            "--posting",
            choices=("waiting", "refused", "posted"),
            help="Only those that the billing system took (posted), refused, "
            "or was not told (waiting).",
        ),
        *options.page(),
    )
