"""Orders: bound by a tag, replaced, closed; and those that the agent makes."""

import dataclasses as dc
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.domain.billing import orders as domain
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.orders import MOST_TAGS, PATIENCE, Order
from concertim_api.domain.errors import Conflict
from concertim_api.domain.ledger.observations import Ref

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
GRACE = timedelta(minutes=15)
SECOND = timedelta(seconds=1)
ACCOUNT = Account("a1", "p1", NOW)
K1, K2 = Ref("north", "stack", "k1"), Ref("north", "stack", "k2")


def order(order_id="o1", *, age=SECOND, **values):
    return Order(
        **{
            "id": order_id,
            "account_id": "a1",
            "project_id": "p1",
            "made_by": "caller",
            "created_at": NOW - age,
            **values,
        }
    )


def tag(subject, value="k1", stack=K1, *, name=domain.STACK_TAG, beside=()):
    return domain.tag(subject, name, value, stack, [subject, *beside], NOW)


def due(racks, orders, settled=()):
    ids = (f"n{n}" for n in itertools.count())
    return domain.due(
        ACCOUNT,
        racks,
        orders,
        NOW,
        grace=GRACE,
        settled=settled,
        new_id=lambda: next(ids),
    )


def closed(subject, **values):
    return dc.replace(subject, closed_at=NOW, **values)


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "unbound"),
        ({"stack": K1}, "live"),
        ({"closed_at": NOW}, "closed"),
        ({"stack": K1, "closed_at": NOW}, "closed"),
    ],
)
def test_the_state(values, state):
    subject = order(**values)
    assert subject.state == state
    place = subject.region, subject.stack_id
    assert place == (("north", "k1") if subject.stack else (None, None))


# Tags


def test_a_stack_is_bound():
    (bound,) = tag(order())
    assert (bound.stack, bound.state) == (K1, "live")
    assert bound.tags == {"openstack_stack_id": "k1"}


@pytest.mark.parametrize("values", [{}, {"closed_at": NOW}])
def test_sent_again_nothing_changes(values):
    (bound,) = tag(order())
    assert tag(dc.replace(bound, **values)) == []


def test_other_tags_are_only_kept():
    subject = order(tags={"openstack_stack_name": "old", "colour": "red"})
    (tagged,) = tag(subject, "new", None, name="openstack_stack_name")
    tags = {"openstack_stack_name": "new", "colour": "red"}
    assert tagged == dc.replace(subject, tags=tags)


def test_an_order_of_the_agent_is_replaced():
    agents = order("o2", made_by="agent", stack=K1)
    other = order("o3", made_by="agent", stack=K2)
    replaced, bound = tag(order(), beside=[other, agents])
    assert replaced == closed(agents, replaced_by="o1")
    assert (bound.id, bound.stack) == ("o1", K1)


def test_an_order_of_the_agent_is_tagged_by_its_stack():
    (tagged,) = tag(order(made_by="agent", stack=K1))
    assert tagged.stack == K1


@pytest.mark.parametrize(
    ("subject", "beside", "problem"),
    [
        (order(), [order("o2", stack=K1)], "Stack k1 has the order o2."),
        (order(stack=K2), [], "Order o1 is of stack k2."),
        (order(closed_at=NOW), [], "Order o1 is closed."),
    ],
)
def test_what_is_refused(subject, beside, problem):
    with pytest.raises(Conflict) as caught:
        tag(subject, beside=beside)
    assert str(caught.value) == problem


def test_tags_are_not_without_end():
    full = order(tags={f"t{n}": "" for n in range(MOST_TAGS)})
    assert len(tag(full, "x", None, name="t0")) == 1
    with pytest.raises(Conflict, match="64 tags"):
        tag(full, "x", None, name="one more")


def test_a_stack_is_its_regions():
    elsewhere = order("o2", stack=Ref("south", "stack", "k1"))
    (bound,) = tag(order(), beside=[elsewhere])
    assert bound.stack == K1


# The end


def test_closing_again_changes_nothing():
    assert domain.close(order(), NOW) == [closed(order())]
    before = order(closed_at=NOW - SECOND)
    assert domain.close(before, NOW) == []


# The agent


def test_a_rack_gets_an_order():
    bound = order(stack=K1)
    (made,) = due([K1, K2], [bound])
    assert made == order("n0", age=timedelta(), made_by="agent", stack=K2)


@pytest.mark.parametrize(
    ("age", "count"), [(GRACE - SECOND, 0), (GRACE, 2), (PATIENCE, 2)]
)
def test_an_order_without_a_stack_is_waited_for(age, count):
    orders = due([K1, K2], [order(age=age)])
    assert sum(o.state == "live" for o in orders) == count


@pytest.mark.parametrize(
    ("age", "stack", "settled", "is_closed"),
    [
        (PATIENCE - SECOND, None, (), False),
        (PATIENCE, None, (), True),
        (PATIENCE - SECOND, K2, ("o1",), False),
        (PATIENCE, K2, (), False),
        (PATIENCE, K2, ("o1",), True),
        (PATIENCE, K1, ("o1",), False),
    ],
)
def test_what_has_no_rack_is_closed(age, stack, settled, is_closed):
    """Once it is billed. A rack may be told of later than its order."""
    subject, other = order(age=age, stack=stack), order("o2", stack=K1)
    expected = [closed(subject)] if is_closed else []
    assert due([K1], [subject, other], settled) == expected
