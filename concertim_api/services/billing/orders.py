"""Orders: what callers order for their clusters, and an agent for the rest."""

from __future__ import annotations

import collections
import dataclasses as dc
import functools
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from concertim_api.domain.billing import orders as domain
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.orders import Order
from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.billing.ports import (
    AccountReader,
    AccountWriter,
    OpenOrders,
    OrderStore,
    Settlements,
)
from concertim_api.services.common.listing import Listing, Page, Scope
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Call, Job, Outcome
from concertim_api.services.ledger.ports import RegionReader
from concertim_api.services.ledger.resources import Ambiguous
from concertim_api.services.view.ports import RefReader, ViewReader

#: What a run counts: new *accounts*, and orders that it *made* and *closed*.
_COUNTS = ("accounts", "made", "closed")


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    if not built.billing.is_owed:
        return
    orders = AgentOrders(
        built.store.accounts,
        built.store.orders,
        built.store.view,
        built.store.settlements,
        built.clock,
        timedelta(seconds=conf.billing.order_grace),
    )
    yield Job("orders", conf.billing.orders_interval, orders.run)


@dc.dataclass(frozen=True, slots=True)
class Orders:
    """What callers order. Each may ask again, whatever became of the first
    request."""

    accounts: AccountReader
    orders: OrderStore
    view: ViewReader
    regions: RegionReader
    clock: Clock

    def list(self, scope: Scope, listing: Listing) -> Page:
        """Return a page of orders, the newest first. 1 statement."""
        return self.orders.page(scope.listing(listing))

    def get(self, scope: Scope, order_id: str) -> Order:
        """Return an order. 1 statement. Raises NotFound."""
        return self.orders.get(order_id, scope.filters())

    def create(
        self, scope: Scope, account_id: str, key: str | None = None
    ) -> Order:
        """Order on an account; return the order, which has no stack yet.

        With a ``key`` that the account's order has already, that order is
        returned. 2 statements; 3 with a key. Raises NotFound.
        """
        account = self.accounts.get(account_id, scope.filters())
        order = Order(
            id=_new_id(),
            account_id=account.id,
            project_id=account.project_id,
            made_by="caller",
            created_at=self.clock.now(),
            key=key,
        )
        return self.orders.add(order)

    def tag(
        self,
        scope: Scope,
        order_id: str,
        name: str,
        value: str,
        region: str | None = None,
    ) -> Order:
        """Tag an order; return it. ``openstack_stack_id`` binds it to a stack.

        ``region``: the stack's; needed only if there are several, and its
        rack is not known yet. 4 statements, 2 more for a stack, and 1 for an
        order of the agent that is replaced. Raises NotFound, Ambiguous,
        Invalid, and Conflict as ``domain.billing.orders.tag`` does.
        """
        stack, now = None, self.clock.now()
        if name == domain.STACK_TAG:
            place = region or self._region(scope, value)
            stack = Ref(place, "stack", value)

        def decide(order: Order, orders: Sequence[Order]) -> Sequence[Order]:
            return domain.tag(order, name, value, stack, orders, now)

        return self.orders.change(order_id, scope.filters(), decide)

    def delete(self, scope: Scope, order_id: str) -> None:
        """Close an order; one that is closed stays as it is. 4 statements.

        If its rack lives on, an agent orders for it. Raises NotFound.
        """
        now = self.clock.now()
        self.orders.change(
            order_id,
            scope.filters(),
            lambda order, orders: domain.close(order, now),
        )

    def _region(self, scope: Scope, stack_id: str) -> str:
        """Return the region of a rack; of one that is not known yet, the only
        region that there is."""
        racks = self.view.find("rack", stack_id, scope.filters())
        regions = [rack.region for rack in racks]
        if len(regions) > 1:
            raise Ambiguous(
                f"{stack_id} is in {', '.join(regions)}; say which by region."
            )
        regions = regions or [row["name"] for row in self.regions.regions()]
        if len(regions) != 1:
            raise Invalid("region", f"needed: {stack_id} is not known yet")
        return regions[0]


@dc.dataclass(frozen=True, slots=True)
class AgentOrders:
    """Gives each team an account, and each rack an order.

    Level-triggered, and repeated without harm. Of two that run at once, the
    database lets one make an account or an order.
    """

    accounts: AccountWriter
    orders: OpenOrders
    view: RefReader
    settlements: Settlements
    clock: Clock
    grace: timedelta

    def run(self, call: Call) -> Outcome:
        """Make and close what is due.

        5 statements if nothing is; else 3 for all new accounts, and those of
        ``OpenOrders.revise`` for each account with news. Memory: a kilobyte
        for each rack. Raises Stopped between two accounts.
        """
        now = self.clock.now()
        accounts, added = self._accounts(now)
        counts = collections.Counter(accounts=added)
        racks, orders = self._racks(), self._open_orders()
        settled = self.settlements.settled()
        for account in accounts:
            call.progress("account", 1)
            decide = functools.partial(
                domain.due,
                account,
                racks[account.project_id],
                now=now,
                grace=self.grace,
                settled=settled,
                new_id=_new_id,
            )
            if decide(orders[account.id]):
                for order in self.orders.revise(account.id, decide):
                    counts["closed" if order.closed_at else "made"] += 1
        return Outcome.counted(_COUNTS, counts)

    def _accounts(self, now: datetime) -> tuple[Sequence[Account], int]:
        """Return all accounts, with new ones for the teams that had none, and
        how many are new."""
        accounts = self.accounts.all()
        projects = {account.project_id for account in accounts}
        teams = {ref.id for _, ref in self.view.refs("team")} - projects
        if not teams:
            return accounts, 0
        self.accounts.add(Account(_new_id(), t, now) for t in sorted(teams))
        return self.accounts.all(), len(teams)

    def _racks(self) -> Mapping[str | None, list[Ref]]:
        """Return the racks of each project."""
        racks = collections.defaultdict[str | None, list[Ref]](list)
        for project_id, ref in self.view.refs("rack"):
            racks[project_id].append(ref)
        return racks

    def _open_orders(self) -> Mapping[str, list[Order]]:
        """Return the open orders of each account."""
        orders = collections.defaultdict[str, list[Order]](list)
        for order in self.orders.open():
            orders[order.account_id].append(order)
        return orders


def _new_id() -> str:
    return str(uuid.uuid4())
