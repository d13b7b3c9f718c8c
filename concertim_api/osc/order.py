"""openstack concertim order ..."""

from __future__ import annotations

from concertim_api.client.orders import Order
from concertim_api.osc import options
from concertim_api.osc.cells import every, named
from concertim_api.osc.commands import PagedListCommand, ShowCommand
from concertim_api.osc.options import Parameter


class ListOrder(PagedListCommand):
    """List orders: what clusters are billed by, the newest first."""

    columns = named(
        "id project state made_by stack_id created_at",
        long="account_id project_id region tags closed_at replaced_by",
    )
    minor = "made_by"
    request = "orders.list"
    arguments = (
        options.Scope(),
        *options.conditions("state", "region"),
        Parameter(
            "--rack",
            field="stack_id",
            metavar="<id>",
            help="Only orders of the rack with this id.",
        ),
        *options.page(),
    )


class ShowOrder(ShowCommand):
    """Show an order, with its tags."""

    columns = every(Order)
    request = "orders.find"
    arguments = options.beginning("an order")
