"""Orders, stacks and tags in any order, lost or repeated: each rack has one
live order, and no stack ever has two."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from concertim_api.domain.billing import orders as domain
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.orders import PATIENCE, Order
from concertim_api.domain.errors import Conflict
from concertim_api.domain.ledger.observations import Ref
from tests.properties import share

GRACE = timedelta(minutes=15)
STACKS = tuple(Ref("north", "stack", f"k{n}") for n in range(3))

stacks = st.sampled_from(STACKS)
waits = st.sampled_from([1, 14 * 60, 15 * 60, 3600, 24 * 3600])


class OrderMachine(RuleBasedStateMachine):
    """A team whose clusters come and go, callers, and two agents."""

    orders = Bundle("orders")
    tags = Bundle("tags")

    @initialize()
    def begin(self):
        self.now = datetime(2026, 11, 21, tzinfo=UTC)
        self.account = Account("a1", "p1", self.now)
        self.stored = {}
        self.racks = set()
        self.ids = map(str, itertools.count())

    def _open(self):
        return [o for o in self.stored.values() if o.closed_at is None]

    def _live(self):
        return [o.stack for o in self._open() if o.stack]

    def _store(self, changes):
        """Store orders, as a database does: one after the other."""
        for order in changes:
            before = self.stored.get(order.id)
            assert order != before
            assert before is None or before.closed_at is None
            self.stored[order.id] = order
            assert len(self._live()) == len(set(self._live()))

    def _due(self, racks):
        return domain.due(
            self.account,
            racks,
            self._open(),
            self.now,
            grace=GRACE,
            settled=[o.id for o in self._open()],
            new_id=lambda: next(self.ids),
        )

    @rule(target=orders)
    def order(self):
        order = Order(
            id=next(self.ids),
            account_id="a1",
            project_id="p1",
            made_by="caller",
            created_at=self.now,
        )
        self._store([order])
        return order.id

    @rule(stack=stacks)
    def launch(self, stack):
        self.racks.add(stack)

    @rule(stack=stacks)
    def destroy(self, stack):
        self.racks.discard(stack)

    @rule(target=tags, order_id=orders, stack=stacks)
    def tag(self, order_id, stack):
        """Tag an order, perhaps the wrong one, or before its rack is seen.

        The answer may be lost: then the same is sent again.
        """
        is_known = self._send(order_id, stack)
        return (order_id, stack) if is_known else multiple()

    @rule(sent=tags)
    def tag_again(self, sent):
        before = dict(self.stored)
        self._send(*sent)
        assert self.stored == before

    def _send(self, order_id, stack):
        order, orders = self.stored[order_id], self._open()
        holders = [o for o in orders if o.stack == stack and o != order]
        try:
            changes = domain.tag(
                order, domain.STACK_TAG, stack.id, stack, orders, self.now
            )
        except Conflict:
            is_taken = any(o.made_by == "caller" for o in holders)
            assert is_taken or order.state != "unbound"
            return False
        self._store(changes)
        if changes:
            assert all(
                self.stored[o.id].replaced_by == order_id for o in holders
            )
        return True

    @rule(order_id=consumes(orders))
    def delete(self, order_id):
        self._store(domain.close(self.stored[order_id], self.now))
        assert domain.close(self.stored[order_id], self.now) == []

    @rule(seconds=waits)
    def wait(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule()
    def run(self):
        """Run an agent. A second one, which has seen the same, decides when
        the first has stored: it has nothing to do."""
        racks = sorted(self.racks)
        self._store(self._due(racks))
        assert self._due(racks) == []

    @rule(racks=st.sets(stacks))
    def run_late(self, racks):
        """Run an agent that saw other racks than there are by now."""
        self._store(self._due(sorted(racks)))

    @rule()
    def settle(self):
        """Let the grace pass, and an agent run: each rack has its order."""
        self.now += GRACE
        self.run()
        assert self.racks <= set(self._live())

    @rule()
    def forget(self):
        """Let a day pass, too: nothing else has one."""
        self.now += PATIENCE
        self.run()
        assert set(self._live()) == self.racks
        assert len(self._open()) == len(self.racks)

    @invariant()
    def one_order_for_each_stack(self):
        assert len(self._live()) == len(set(self._live()))

    @invariant()
    def what_is_replaced_has_a_successor(self):
        for order in self.stored.values():
            if order.replaced_by is not None:
                successor = self.stored[order.replaced_by]
                assert (order.made_by, successor.made_by) == (
                    *("agent", "caller"),
                )
                assert order.stack == successor.stack


TestAnyOrder = OrderMachine.TestCase
TestAnyOrder.settings = settings(
    max_examples=share(200), stateful_step_count=30
)
