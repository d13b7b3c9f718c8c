"""/v1/orders"""

from __future__ import annotations

from typing import Any

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.domain.billing import orders as domain
from concertim_api.policies import orders as policies
from concertim_api.services.billing.orders import Orders
from concertim_api.services.common.listing import Listing, Page

_state, _maker = types.Choice(*domain.STATES), types.Choice(*domain.MAKERS)


class Order(types.Item):
    """What a cluster is billed by, on the account of its team."""

    id = types.text
    account_id = types.text
    project_id = types.text
    state = _state
    made_by = _maker
    region = types.text
    stack_id = types.text
    tags = types.attributes
    created_at = types.time
    closed_at = types.time
    replaced_by = types.text


class OrderList(types.List):
    orders = [Order]


class NewOrder(types.Representation):
    account_id = types.required(types.text)
    key = types.text


class Tag(types.Representation):
    """A tag of an order; openstack_stack_id names the stack of a cluster."""

    name = types.required(types.text)
    value = types.required(types.text)
    region = types.Text(max_length=64)


class OrdersController(Controller):
    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    @expose(
        OrderList,
        policy=policies.LIST,
        since="1.4",
        filters={
            "state": _state,
            "made_by": _maker,
            "created_at": types.time,
            **types.texts("account_id", "project_id", "region", "stack_id"),
        },
        sort=("-created_at",),
    )
    def get_all(self, context: Context, listing: Listing) -> Page:
        """List orders, the newest first."""
        return self._orders.list(context.scope(policies.LIST_ALL), listing)

    @expose(Order, policy=policies.LIST, since="1.4")
    def get_one(self, context: Context, order_id: str) -> domain.Order:
        """Show an order."""
        return self._orders.get(context.scope(policies.LIST_ALL), order_id)

    @expose(
        Order, policy=policies.CHANGE, since="1.4", body=NewOrder, status=201
    )
    def post(self, context: Context, body: dict[str, Any]) -> domain.Order:
        """Order on an account, before a cluster is launched.

        A tag binds the order to the stack afterwards. The same key, in the
        body or in the header Idempotency-Key, may be sent again: it is the
        same order.
        """
        return self._orders.create(context.scope(policies.CHANGE_ALL), **body)

    @expose(Order, policy=policies.CHANGE, since="1.4", body=Tag)
    def post_tags(
        self, context: Context, order_id: str, body: dict[str, Any]
    ) -> domain.Order:
        """Tag an order.

        openstack_stack_id binds it to a stack, in the place of an order that
        the agent made; all other tags are only kept. The same tag may be sent
        again. 409: the stack has the order of another caller, or this order
        is another stack's, or closed. region is needed only if there are
        several, and the rack of the stack is not known yet.
        """
        scope = context.scope(policies.CHANGE_ALL)
        return self._orders.tag(scope, order_id, **body)

    @expose(policy=policies.CHANGE, since="1.4", status=204)
    def delete(self, context: Context, order_id: str) -> None:
        """Close an order, after a launch that failed.

        One that is closed stays so. If its rack lives on, it gets another
        order.
        """
        self._orders.delete(context.scope(policies.CHANGE_ALL), order_id)
