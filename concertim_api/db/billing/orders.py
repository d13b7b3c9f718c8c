"""The orders of clusters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import listing as lists
from concertim_api.db.billing.tables import accounts
from concertim_api.db.billing.tables import orders as table
from concertim_api.db.push import marks
from concertim_api.db.transactions import Adapter
from concertim_api.domain.billing.orders import Order
from concertim_api.domain.errors import NotFound
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.billing.ports import (
    Decision,
    OpenOrders,
    OrderDecision,
    OrderStore,
    RackOrders,
)
from concertim_api.services.common.listing import Filter, Listing, Page

_c = table.c

_ROW = tuple(c for c in _c if c.name not in ("state", "is_live", "ended_at"))

_FIELDS = lists.fields(
    _c, but=("is_live", "ended_at", "tags", "key", "replaced_by")
)


class SqlOrders(Adapter, OrderStore, OpenOrders, RackOrders):
    """``OrderStore``, ``OpenOrders`` and ``RackOrders`` of
    ``services.billing.ports``."""

    def page(self, listing: Listing) -> Page:
        query = sa.select(*_ROW).where(
            *lists.conditions(listing.filters, _FIELDS)
        )
        by = lists.order(
            listing.sort,
            {"created_at": _c.created_at},
            ("created_at", True),
            _c.id,
        )
        page = self._read(lambda c: lists.page(c, query, listing, by))
        return Page([_order(row) for row in page.rows], page.marker)

    def get(self, order_id: str, filters: Collection[Filter] = ()) -> Order:
        return self._read(lambda c: _get(c, order_id, filters))

    def add(self, order: Order) -> Order:
        return self._change(lambda c: _add(c, order))

    def order_ids(self, racks: Collection[Ref]) -> Mapping[Ref, str]:
        query = sa.select(_c.region, _c.stack_id, _c.id).where(
            _c.stack_id.in_({rack.id for rack in racks}), _c.is_live == 1
        )
        return {
            Ref(region, "stack", stack_id): order_id
            for region, stack_id, order_id in self._rows(query)
        }

    def open(self) -> list[Order]:
        return self._read(lambda c: _open(c))

    def change(
        self, order_id: str, filters: Collection[Filter], decide: OrderDecision
    ) -> Order:
        account_id = sa.select(_c.account_id).where(_c.id == order_id)

        def work(c: Connection) -> Order:
            _lock(c, account_id.scalar_subquery())
            order = _get(c, order_id, filters)
            orders = _open(c, _c.account_id == order.account_id)
            changes = decide(order, orders)
            _store(c, changes, {order.id, *(other.id for other in orders)})
            return next((o for o in changes if o.id == order_id), order)

        return self._change(work)

    def revise(self, account_id: str, decide: Decision) -> Sequence[Order]:
        def work(c: Connection) -> Sequence[Order]:
            _lock(c, account_id)
            orders = _open(c, _c.account_id == account_id)
            changes = decide(orders)
            _store(c, changes, {order.id for order in orders})
            return changes

        return self._change(work)


def of_stacks(connection: Connection, account_id: str) -> list[Order]:
    """Return all orders of an account that have a stack."""
    query = sa.select(*_ROW).where(
        _c.account_id == account_id, _c.stack_id.is_not(None)
    )
    return [_order(row) for row in connection.execute(query)]


def _lock(connection: Connection, account_id: Any) -> None:
    """Let others who change orders of an account wait."""
    query = sa.select(accounts.c.id).where(accounts.c.id == account_id)
    connection.execute(query.with_for_update())


def _get(
    connection: Connection, order_id: str, filters: Collection[Filter]
) -> Order:
    query = sa.select(*_ROW).where(
        _c.id == order_id, *lists.conditions(filters, _FIELDS)
    )
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(f"Order {order_id} not found.")
    return _order(row)


def _open(connection: Connection, *conditions: lists.Condition) -> list[Order]:
    query = sa.select(*_ROW).where(_c.closed_at.is_(None), *conditions)
    return [_order(row) for row in connection.execute(query)]


def _add(connection: Connection, order: Order) -> Order:
    """Add an order. Another writer of its key who is faster makes it be done
    again."""
    if order.key is not None:
        query = sa.select(*_ROW).where(
            _c.account_id == order.account_id, _c.key == order.key
        )
        if row := connection.execute(query).first():
            return _order(row)
    connection.execute(sa.insert(table), _row(order))
    return order


def _store(
    connection: Connection, orders: Sequence[Order], stored: Collection[str]
) -> None:
    """Store orders, those that are ``stored`` already by their ids."""
    for order in orders:
        if order.id in stored:
            update = sa.update(table).where(_c.id == order.id)
            connection.execute(update.values(_row(order)))
    rows = [_row(order) for order in orders if order.id not in stored]
    if rows:
        connection.execute(sa.insert(table), rows)
    # The front end shows the order of a rack.
    if racks := {order.stack for order in orders if order.stack}:
        connection.execute(marks.due("rack", racks))


def _row(order: Order) -> dict[str, Any]:
    row = {
        column.name: getattr(order, column.name, None)
        for column in _c
        if column is not _c.ended_at
    }
    row["is_live"] = 1 if order.state == "live" else None
    row["tags"] = orjson.dumps(order.tags).decode()
    return row


def _order(row: Any) -> Order:
    values = dict(row._mapping)
    region, stack_id = values.pop("region"), values.pop("stack_id")
    values["stack"] = (
        None if stack_id is None else Ref(region, "stack", stack_id)
    )
    values["tags"] = orjson.loads(values["tags"])
    return Order(**values)
