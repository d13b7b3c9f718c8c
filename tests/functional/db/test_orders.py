"""Accounts and orders: one of each, whoever races for it."""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from concertim_api.db.billing import orders
from concertim_api.db.store import SqlStore
from concertim_api.db.transactions import FaultyStatement
from concertim_api.domain.billing import orders as domain
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.orders import Order
from concertim_api.domain.errors import Conflict, Invalid, NotFound
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.billing.orders import AgentOrders
from concertim_api.services.common.listing import Filter, Listing, equal
from concertim_api.services.jobs.job import Call
from tests.fakes.clock import Clock
from tests.functional.db.conftest import second
from tests.functional.listings import walk

K1, K2 = (Ref("north", "stack", name) for name in ("k1", "k2"))


def number(n):
    return str(uuid.UUID(int=n))


@pytest.fixture
def account(store, at):
    account = Account(number(1), "p1", at(0))
    store.accounts.add([account, Account(number(2), "p2", at(0))])
    return account


@pytest.fixture
def order(account, at):
    """Make orders, by a number, which is their second after T0."""

    def new_order(n=0, **values):
        return Order(
            **{
                "id": number(n),
                "account_id": account.id,
                "project_id": account.project_id,
                "made_by": "caller",
                "created_at": at(n),
                **values,
            }
        )

    return new_order


def tag(store, order_id, stack, now, filters=()):
    return store.orders.change(
        order_id,
        filters,
        lambda order, orders: domain.tag(
            order, domain.STACK_TAG, stack.id, stack, orders, now
        ),
    )


# Accounts


def test_a_project_has_one_account(store, account, at):
    store.accounts.add([Account(number(3), "p1", at(9))])
    store.accounts.add(Account(number(n), f"p{n}", at(9)) for n in (2, 4))
    rows = store.accounts.all()
    assert [(a.id, a.project_id) for a in rows] == [
        (number(1), "p1"),
        (number(2), "p2"),
        (number(4), "p4"),
    ]
    assert rows[0] == account == store.accounts.get(account.id)
    pages = walk(store.accounts.page, 2)
    assert [a.id for a in pages] == [number(4), number(2), number(1)]


def test_an_account_of_another_project(store, account):
    theirs = equal(project_id="p2")
    assert store.accounts.get(number(2), theirs)
    for account_id in (account.id, "nobody"):
        with pytest.raises(NotFound, match=f"Account {account_id} not found"):
            store.accounts.get(account_id, theirs)
    (row,) = store.accounts.page(Listing(theirs)).rows
    assert row.project_id == "p2"


# Orders


def test_it_comes_back_as_it_went(store, order, at):
    bare = order(1)
    full = order(
        2,
        made_by="agent",
        key="a key",
        stack=K1,
        tags={"colour": "grün", "openstack_stack_id": "k1"},
        closed_at=at(9) + timedelta(microseconds=1),
        replaced_by=number(1),
    )
    for stored in (bare, full):
        assert store.orders.add(stored) == stored
        assert store.orders.get(stored.id) == stored
    assert store.orders.open() == [bare]


def test_an_order_is_made_once(store, order):
    first = store.orders.add(order(1, key="k"))
    assert store.orders.add(order(2, key="k")) == first
    theirs = order(3, key="k", account_id=number(2), project_id="p2")
    for other in (theirs, order(4, key="K"), order(5), order(6)):
        assert store.orders.add(other) == other


def test_an_order_of_another_project(store, order, at):
    store.orders.add(order(1))
    theirs = equal(project_id="p2")
    with pytest.raises(NotFound, match="not found"):
        store.orders.get(number(1), theirs)
    for order_id in (number(1), "nothing"):
        with pytest.raises(NotFound):
            tag(store, order_id, K1, at(9), theirs)
    assert store.orders.get(number(1)) == order(1)


def test_the_agents_order_is_replaced(store, order, at):
    agents = order(1, made_by="agent", stack=K1)
    store.orders.revise(agents.account_id, lambda orders: [agents])
    store.orders.add(order(2))
    bound = tag(store, number(2), K1, at(9))
    assert (bound.state, bound.stack) == ("live", K1)
    replaced = store.orders.get(number(1))
    assert (replaced.state, replaced.replaced_by) == ("closed", number(2))
    assert replaced.closed_at == at(9)
    assert store.orders.open() == [bound]
    assert tag(store, number(2), K1, at(10)) == bound


def test_what_is_refused_leaves_nothing(store, order, at):
    store.orders.add(order(1))
    store.orders.add(order(2))
    tag(store, number(1), K1, at(9))
    with pytest.raises(Conflict):
        tag(store, number(2), K1, at(9))
    assert store.orders.get(number(2)) == order(2)


def test_a_decision_is_made_of_the_open_orders_of_an_account(store, order, at):
    for stored in (
        order(1),
        order(2, closed_at=at(3)),
        order(3, account_id=number(2), project_id="p2"),
    ):
        store.orders.add(stored)
    assert store.orders.revise(number(1), lambda orders: orders[:0]) == []
    stored = store.orders.revise(
        number(1), lambda orders: [*domain.close(*orders, at(4)), order(4)]
    )
    assert stored == [order(1, closed_at=at(4)), order(4)]
    assert {o.id for o in store.orders.open()} == {number(3), number(4)}


@pytest.mark.parametrize(
    "values",
    [
        {"stack": K1._replace(region="south")},
        {"stack": K1._replace(id="K1")},
        {"account_id": number(2)},
        {"closed_at": second(9)},
        {},
    ],
)
def test_a_stack_has_one_live_order(store, order, values):
    """Even if a writer never looked."""
    store.orders.add(order(1, stack=K1))
    rival = order(2, **{"stack": K1, **values})
    if values:
        assert store.orders.add(rival) == rival
    else:
        with pytest.raises(Invalid, match="stored already"):
            store.orders.add(rival)


def test_an_order_is_of_an_account(store, order):
    with pytest.raises((FaultyStatement, Invalid)):
        store.orders.add(order(1, account_id="nobody"))


# Pages


@pytest.fixture
def many(store, order, at):
    for n in range(7):
        store.orders.add(
            order(
                n,
                made_by=("caller", "agent")[n % 2],
                stack=K1._replace(id=f"k{n}") if n > 2 else None,
                closed_at=at(9) if n > 4 else None,
            )
        )


def ids(rows):
    return [uuid.UUID(row.id).int for row in rows]


@pytest.mark.parametrize("limit", [1, 3, 8])
def test_page_by_page(store, many, limit):
    assert ids(walk(store.orders.page, limit)) == [6, 5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("state", "eq", "unbound", [2, 1, 0]),
        ("state", "in", ("live", "closed"), [6, 5, 4, 3]),
        ("made_by", "eq", "agent", [5, 3, 1]),
        ("stack_id", "eq", "k4", [4]),
        ("region", "eq", "north", [6, 5, 4, 3]),
        ("project_id", "eq", "p2", []),
        ("account_id", "eq", number(1), [6, 5, 4, 3, 2, 1, 0]),
    ],
)
def test_by_fields(store, many, field, operator, value, expected):
    listing = Listing((Filter(field, operator, value),))
    assert ids(store.orders.page(listing).rows) == expected


def test_what_a_change_costs(store, order, at, statements):
    store.orders.add(order(1))
    agents = order(2, made_by="agent", stack=K1)
    costs = (
        (
            5,
            lambda: store.orders.revise(
                number(1),
                lambda orders: [*domain.close(orders[0], at(3)), agents],
            ),
        ),
        (1, lambda: store.orders.add(order(3))),
        (2, lambda: store.orders.add(order(4, key="k"))),
        (1, lambda: store.orders.add(order(4, key="k"))),
        (6, lambda: tag(store, number(3), K1, at(5))),
        (3, lambda: tag(store, number(3), K1, at(5))),
    )
    for cost, work in costs:
        statements.clear()
        work()
        assert len(statements) == cost, statements


# The agent, and races


def agent_of(store, moment, view=None):
    grace = timedelta(minutes=15)
    return AgentOrders(
        store.accounts,
        store.orders,
        view or store.view,
        store.settlements,
        Clock(moment),
        grace,
    )


def run(agent):
    return dict(agent.run(Call(agent.clock.now())).summary)


@pytest.fixture
def racks(world):
    """Two racks of our team, and a stack of a project that is none."""
    world.project()
    for name in ("k1", "k2"):
        world.stack(name)
    world.project("p9", "other")
    world.stack("k9", project_id="p9")
    world.settle()


def test_each_team_gets_an_account_and_each_rack_an_order(
    store, racks, at, statements
):
    agent = agent_of(store, at(100))
    statements.clear()
    assert run(agent) == {"accounts": 1, "made": 2, "closed": 0}
    assert len(statements) == 5 + 3 + 4
    (account,) = store.accounts.all()
    assert account.project_id == "p1"
    orders = store.orders.open()
    assert {order.stack for order in orders} == {K1, K2}
    assert {order.made_by for order in orders} == {"agent"}
    statements.clear()
    assert agent.run(Call(at(100))).idle
    assert len(statements) == 5


def test_the_agent_waits_for_a_tag(store, racks, at):
    store.accounts.add([Account(number(1), "p1", at(0))])
    order = store.orders.add(
        Order(
            id=number(1),
            account_id=number(1),
            project_id="p1",
            made_by="caller",
            created_at=at(100),
        )
    )
    assert run(agent_of(store, at(101)))["made"] == 0
    tag(store, order.id, K1, at(102))
    assert run(agent_of(store, at(103)))["made"] == 1
    assert run(agent_of(store, at(10**6)))["made"] == 0
    assert {o.stack: o.made_by for o in store.orders.open()} == {
        K1: "caller",
        K2: "agent",
    }


def test_an_order_that_nobody_tags_is_closed(store, racks, order, at):
    store.orders.add(order(1))
    assert run(agent_of(store, at(86400)))["closed"] == 0
    assert run(agent_of(store, at(86401)))["closed"] == 1
    assert store.orders.get(number(1)).closed_at == at(86401)


class Racks:
    """The view, as if it had many racks of one team."""

    def refs(self, noun):
        if noun == "team":
            return [("p1", Ref("north", "project", "p1"))]
        return [("p1", Ref("north", "stack", f"k{n}")) for n in range(20)]


@pytest.fixture
def stores(conf, store):
    """Stores with connections of their own."""
    stores = [SqlStore(conf) for _ in range(4)]
    yield stores
    for each in stores:
        each.close()


@pytest.mark.parametrize("is_locked", [True, False])
def test_agents_and_callers_race(store, stores, at, monkeypatch, is_locked):
    """Without the lock, the constraint decides alone."""
    if not is_locked:
        monkeypatch.setattr(orders, "_lock", lambda connection, key: None)
    start = threading.Barrier(4)

    def work(n):
        start.wait(30)
        agent = agent_of(stores[n], at(10**4), Racks())
        return run(agent)["made"] if n < 2 else _order(stores[n], n, at)

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(work, range(4)))
    run(agent_of(store, at(10**5), Racks()))
    (account,) = store.accounts.all()
    live = [o.stack for o in store.orders.open() if o.stack is not None]
    assert sorted(live) == sorted({ref for _, ref in Racks().refs("rack")})
    by_callers = {o.id for o in store.orders.open() if o.made_by == "caller"}
    assert made[2] | made[3] <= by_callers
    assert {o.account_id for o in store.orders.open()} == {account.id}


def _order(store, n, at):
    """Order for each rack, and tag; return the ids of what is bound."""
    account = _account(store)
    bound = set()
    for number_ in range(10):
        order = Order(
            id=number(n * 100 + number_),
            account_id=account.id,
            project_id="p1",
            made_by="caller",
            created_at=at(0),
        )
        store.orders.add(order)
        try:
            stack = Ref("north", "stack", f"k{number_}")
            bound.add(tag(store, order.id, stack, at(1)).id)
        except Conflict:
            continue
    return bound


def _account(store):
    while not (accounts := store.accounts.all()):
        time.sleep(0.01)
    return accounts[0]


@pytest.mark.parametrize("key", ["k", None])
def test_who_asks_at_once_gets_one_order(stores, order, key):
    start = threading.Barrier(4)

    def add(n):
        start.wait(30)
        return stores[n].orders.add(order(n, key=key)).id

    with ThreadPoolExecutor(4) as pool:
        assert len({*pool.map(add, range(4))}) == (1 if key else 4)
