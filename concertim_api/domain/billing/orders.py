"""Orders: what each cluster of a team is billed by.

Who launches a cluster orders first, launches then, and tags the order with
the stack at the end; the tag may be lost. The agent orders for each rack that
has no order. Each decision returns the orders to store, in this order: so no
stack has two live orders at any moment.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.errors import Conflict
from concertim_api.domain.ledger.observations import Ref

State = Literal["unbound", "live", "closed"]
STATES: tuple[State, ...] = ("unbound", "live", "closed")

Maker = Literal["caller", "agent"]
MAKERS: tuple[Maker, ...] = ("caller", "agent")

#: The tag that binds an order to a stack; its value is the stack's id.
STACK_TAG = "openstack_stack_id"

#: An order for which there is no rack by then is closed.
PATIENCE = timedelta(hours=24)

#: Tags that an order may have. Callers of today send two.
MOST_TAGS = 64


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a cluster is billed by, on the account of a team.

    ``stack``: the cluster's, in the project of the account; None: no tag has
    named it. ``key``: the caller's own, of which an account has one order.
    ``replaced_by``: the id of the order that has the stack since.
    """

    id: str
    account_id: str
    project_id: str
    made_by: Maker
    created_at: datetime
    key: str | None = None
    stack: Ref | None = None
    tags: Mapping[str, str] = dc.field(default_factory=dict)
    closed_at: datetime | None = None
    replaced_by: str | None = None

    @property
    def state(self) -> State:
        if self.closed_at is not None:
            return "closed"
        return "unbound" if self.stack is None else "live"

    @property
    def region(self) -> str | None:
        return None if self.stack is None else self.stack.region

    @property
    def stack_id(self) -> str | None:
        return None if self.stack is None else self.stack.id


def close(order: Order, now: datetime) -> list[Order]:
    """Return what closing an order changes; nothing, if it is closed."""
    return [] if order.closed_at else [dc.replace(order, closed_at=now)]


def tag(
    order: Order,
    name: str,
    value: str,
    stack: Ref | None,
    orders: Collection[Order],
    now: datetime,
) -> list[Order]:
    """Return what a tag changes; nothing, if it was sent before.

    ``stack``: what ``STACK_TAG`` names; None for any other tag, which is only
    kept. ``orders``: those of the account that are open. An order of the
    agent for the stack is replaced. Raises Conflict if a caller ordered for
    the stack already, or the order is closed or another stack's.
    """
    if order.tags.get(name) == value:
        return []
    if order.closed_at is not None:
        raise Conflict(f"Order {order.id} is closed.")
    tags = {**order.tags, name: value}
    if len(tags) > MOST_TAGS:
        raise Conflict(f"Order {order.id} has {MOST_TAGS} tags already.")
    tagged = dc.replace(order, tags=tags)
    if stack is None or order.stack == stack:
        return [tagged]
    return _bound(tagged, stack, orders, now)


def _bound(
    order: Order, stack: Ref, orders: Collection[Order], now: datetime
) -> list[Order]:
    if order.stack is not None:
        raise Conflict(f"Order {order.id} is of stack {order.stack.id}.")
    replaced = [other for other in orders if other.stack == stack]
    for other in replaced:
        if other.made_by == "caller":
            raise Conflict(f"Stack {stack.id} has the order {other.id}.")
    return [
        *(
            dc.replace(other, closed_at=now, replaced_by=order.id)
            for other in replaced
        ),
        dc.replace(order, stack=stack),
    ]


def due(
    account: Account,
    racks: Collection[Ref],
    orders: Sequence[Order],
    now: datetime,
    *,
    grace: timedelta,
    settled: Collection[str],
    new_id: Callable[[], str],
) -> list[Order]:
    """Return what the agent changes on an account: orders that it closes, and
    new ones for the racks that have none.

    ``racks``: the live ones of the project. ``orders``: the open ones of the
    account. While an unbound one is younger than ``grace``, it may be that of
    any rack: then there are no new ones. ``settled``: the ids of live orders
    whose usage is billed; no other live order is closed.
    """
    live = set(racks)
    closed = [
        dc.replace(order, closed_at=now)
        for order in orders
        if now - order.created_at >= PATIENCE and order.stack not in live
        if order.stack is None or order.id in settled
    ]
    if any(o.stack is None and now - o.created_at < grace for o in orders):
        return closed
    stacks = {order.stack for order in orders}
    missing = [rack for rack in racks if rack not in stacks]
    return closed + [_made(account, r, now, new_id()) for r in missing]


def _made(account: Account, rack: Ref, now: datetime, order_id: str) -> Order:
    """Return the agent's order for a rack."""
    return Order(
        id=order_id,
        account_id=account.id,
        project_id=account.project_id,
        made_by="agent",
        created_at=now,
        stack=rack,
    )


def charged_order(orders: Collection[Order], recorded: Collection[str]) -> str:
    """Return the id of the order that a day of a stack is charged to.

    ``orders``: all that the stack had. ``recorded``: the ids of those that
    the day has a record of: it stays with the first of them. A day without
    one goes to the order that has the stack now, or had it last.
    """
    by_age = sorted(orders, key=lambda order: (order.created_at, order.id))
    for order in by_age:
        if order.id in recorded:
            return order.id
    last = max(
        by_age,
        key=lambda order: (
            order.replaced_by is None,
            order.closed_at is None,
            order.closed_at or order.created_at,
        ),
    )
    return last.id
