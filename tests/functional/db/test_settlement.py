"""Each day of each order is charged once, whatever happens."""

import dataclasses as dc
import itertools
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.db.billing import tables
from concertim_api.domain.billing import settlement
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.orders import Order
from concertim_api.domain.billing.rating import midnight
from concertim_api.domain.billing.tariff import PriceList
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.billing.costs import Costs
from concertim_api.services.billing.orders import AgentOrders
from concertim_api.services.billing.rated_usage import RatedUsage
from concertim_api.services.billing.settlement import Settler
from concertim_api.services.common.listing import Scope
from concertim_api.services.jobs.job import Call, Stopped
from concertim_api.services.ledger import feed
from concertim_api.services.ledger.ports import Window
from tests.fakes.clock import Clock
from tests.functional.db.clouds import World
from tests.functional.db.test_costs import (
    FALLING,
    RULES,
    TIERS,
    Prices,
    tariff,
)
from tests.functional.statements import noted
from tests.properties import examples

HOUR = 3600
DAY = 24 * HOUR
FLAVOR = {"name": "small", "vcpus": 2, "ram_mb": 2048}
P1, P2 = (str(uuid.UUID(int=n)) for n in (1, 2))


class Site:
    """Two teams with an account, and an agent that settles."""

    def __init__(self, store, recorder, tell, at):
        self.store, self.recorder = store, recorder
        self.tell, self.at = tell, at
        self.clock = Clock(at(0))
        self.prices = Prices(tariff())
        store.accounts.add(
            [Account(P1, "p1", at(0)), Account(P2, "p2", at(0))]
        )

    def usage(self, **options):
        return RatedUsage(
            self.store.billed_usage,
            self.prices,
            self.store.ledger,
            self.clock,
            KINDS,
            **options,
        )

    def settler(self, delay=0):
        return Settler(
            self.store.settlements,
            self.usage(),
            self.clock,
            timedelta(seconds=delay),
        )

    def settle(self, seconds=None, runs=20):
        """Settle until there is nothing to do; return the last outcome."""
        if seconds is not None:
            self.clock.time = self.at(seconds)
        for _ in range(runs):
            outcome = self.settler().run(Call(self.clock.time))
            if outcome.idle or outcome.error:
                return outcome
        raise AssertionError("it does not come to an end")

    def server(self, at, name="s1", says="alive", project="p1", **facts):
        self.recorder.record(
            [
                self.tell(
                    at,
                    says,
                    ref=Ref("north", "instance", name),
                    project_id=project,
                    **({} if says == "gone" else {"flavor": FLAVOR, **facts}),
                )
            ]
        )

    def records(self, account=P1):
        return self.store.settlements.records(account, date.min, date.max)

    def charged(self, account=P1):
        """Return the sum of the records, of each day."""
        sums = settlement.totals(self.records(account))
        days = {}
        for place, amounts in sums.items():
            total = sum(amounts.values())
            days[place.day] = days.get(place.day, 0) + total
        return {day: total for day, total in days.items() if total}

    def costs(self, project="p1"):
        """Return what rating says of each day that is settled."""
        until = midnight(self.clock.time.date())
        start = self.at(0).replace(hour=0)
        if start >= until:
            return {}
        report = Costs(self.usage()).report(
            Scope(project),
            (),
            Window(start, until),
            ["day", "unit", "rack_id"],
        )
        days = {}
        for row in report.rows:
            days[row.day] = days.get(row.day, 0) + row.amount
        return {day: total for day, total in days.items() if total}


@pytest.fixture
def site(store, recorder, tell, at):
    return Site(store, recorder, tell, at)


def test_each_day_is_settled_when_it_is_over(site):
    site.server(0)
    assert site.settle(11 * HOUR).idle
    outcome = site.settle(12 * HOUR + DAY)
    assert outcome.idle
    # From noon on, and a whole day, at 1.5 an hour.
    assert [*site.charged().values()] == [18, 36]
    assert {record.order_id for record in site.records()} == {P1}
    assert site.charged() == site.costs()


def test_a_day_waits_for_who_is_late(site, at):
    site.server(0)
    site.clock.time = at(12 * HOUR + 59 * 60)
    assert site.settler(HOUR).run(Call(site.clock.time)).idle
    site.clock.time = at(13 * HOUR)
    assert not site.settler(HOUR).run(Call(site.clock.time)).idle


def test_what_was_before_the_account_is_not_charged(site):
    site.server(-3 * DAY)
    site.settle(12 * HOUR)
    assert [*site.charged().values()] == [36]


def test_nothing_new_takes_few_statements(site, store):
    site.server(0)
    site.settle(4 * DAY)
    with noted(store.engine) as statements:
        assert site.settler().run(Call(site.clock.time)).idle
    assert len(statements) <= 5, statements


def test_a_correction_changes_the_days_that_it_is_of(site):
    site.server(0)
    site.server(0, "s2")
    site.settle(9 * DAY)
    before = site.records()
    site.server(2 * DAY, "s2", "gone")
    site.settle()
    news = [each for each in site.records() if each not in before]
    assert {record.day.day for record in news} == {*range(3, 10)}
    assert {record.revision for record in news} == {1}
    assert site.charged() == site.costs()


def test_one_period_that_changes_changes_one_order_day(site):
    site.server(3 * DAY, "s9")
    site.server(3 * DAY + 2 * HOUR, "s9", "gone")
    site.server(0)
    site.settle(9 * DAY)
    before = site.records()
    site.server(3 * DAY + HOUR, "s9", state="off")
    site.settle()
    [news] = [each for each in site.records() if each not in before]
    assert news.revision == 1
    assert news.amounts == {"compute": Decimal("-1.0000")}


def test_a_tariff_of_the_past_is_a_correction(site):
    site.server(0)
    site.settle(5 * DAY)
    dearer = [(n, u, c, q, "1") for n, u, c, q, _ in RULES]
    site.prices = Prices(
        tariff(), tariff(dearer, name="t2", valid_from="2026-03-03")
    )
    site.settle()
    assert site.charged() == site.costs()
    revisions = {r.day: r.revision for r in site.records()}
    assert revisions == {date(2026, 3, n): int(n >= 3) for n in range(1, 6)}


def test_a_tariff_that_another_agent_marks_meanwhile(site, store):
    site.server(0)
    site.settle(5 * DAY)
    later = tariff(
        [(n, u, c, q, "1") for n, u, c, q, _ in RULES],
        name="t2",
        valid_from="2026-03-03",
    )
    mark = store.settlements.mark

    def overtaken(tariffs):
        """It is loaded, and marked by the other one, after our look."""
        marked = mark(tariffs)
        store.settlements.mark = mark
        site.prices._prices = PriceList([*tariffs, later])
        mark([*tariffs, later])
        return marked

    store.settlements.mark = overtaken
    site.settle()
    assert site.charged() == site.costs()


def test_a_failing_account_waits_and_the_others_go_on(site, monkeypatch, at):
    site.server(0)
    site.server(0, "t1", project="p2")
    lines = RatedUsage.lines

    def fail(usage, prices, scope, *more):
        if scope.project_id == "p1":
            raise ValueError("no")
        return lines(usage, prices, scope, *more)

    with monkeypatch.context() as patched:
        patched.setattr(RatedUsage, "lines", fail)
        outcome = site.settle(2 * DAY)
    assert outcome.outcome == "partial"
    today = site.clock.time.date()
    assert site.store.settlements.unsettled(today, today) == {
        "waiting": 1,
        "failing": 1,
        "overdue": 2,
    }
    assert outcome.error == f"account {P1}: ValueError: see the log"
    assert site.charged(P2) == site.costs("p2") != {}
    assert site.settle().idle
    assert site.charged() == {}
    site.settle(2 * DAY + 60)
    assert site.charged() == site.costs() != {}


def test_a_stop_gives_the_accounts_back(site):
    site.server(0)
    site.server(0, "s2", project="p2")
    site.settle(0)
    site.clock.time = site.at(2 * DAY)
    stops = iter([False, False, True, True])
    call = Call(site.clock.time, stopping=lambda: next(stops))
    with pytest.raises(Stopped):
        site.settler().run(call)
    assert site.charged() == site.costs() != {}
    assert site.charged(P2) == {}
    assert site.settle().idle
    assert site.charged(P2) == site.costs("p2") != {}


def test_what_the_feed_lost_is_settled_again(site, store, at):
    site.server(0)
    site.settle(3 * DAY)
    site.server(DAY, says="gone")
    feed.begin_anew(store.feed, at(0))
    site.settle()
    assert site.charged() == site.costs()


# Orders.


def order(n, stack="c1", **values):
    return Order(
        **{
            "id": str(uuid.UUID(int=100 + n)),
            "account_id": P1,
            "project_id": "p1",
            "made_by": "agent",
            "stack": Ref("north", "stack", stack),
            **values,
        }
    )


@pytest.fixture
def rack(site, store, recorder, at):
    """A rack with the server s1, of p1."""
    world = World(store, recorder, at(0))
    world.project(name="p1")
    world.server("s1", shape={"flavor": FLAVOR})
    world.stack("c1", "instance/s1")
    world.settle()
    return world


def by_order(site):
    sums = {}
    for record in site.records():
        total = sum(record.amounts.values())
        key = record.order_id, record.day.day
        sums[key] = sums.get(key, 0) + total
    return {key: total for key, total in sums.items() if total}


def test_a_rack_is_charged_to_its_order_and_the_rest_to_the_account(
    site, rack, store, at
):
    store.orders.add(order(1, created_at=at(0)))
    site.server(0, "loose")
    site.settle(12 * HOUR + DAY)
    whole = by_order(site)
    assert whole[P1, 2] == 36
    assert whole[order(1, created_at=at(0)).id, 2] == 36
    assert site.charged() == site.costs()


def test_days_that_are_not_recorded_go_to_the_callers_order(
    site, rack, store, at
):
    agents = order(1, created_at=at(0))
    store.orders.add(agents)
    site.settle(12 * HOUR + DAY)
    callers = order(2, made_by="caller", created_at=at(5))
    closed = dc.replace(agents, closed_at=at(2 * DAY), replaced_by=callers.id)
    store.orders.revise(P1, lambda orders: [closed, callers])
    site.settle(12 * HOUR + 3 * DAY)
    # A correction of a day stays with the order that was charged.
    rack.recorder.record(
        [
            site.tell(
                DAY,
                ref=Ref("north", "instance", "s1"),
                project_id="p1",
                flavor={**FLAVOR, "vcpus": 4},
            )
        ]
    )
    site.settle()
    days = {
        order_id: {day for key, day in by_order(site) if key == order_id}
        for order_id, _ in by_order(site)
    }
    assert days == {agents.id: {1, 2}, callers.id: {3, 4}}
    assert site.charged() == site.costs()


def test_an_order_is_closed_when_all_of_its_rack_is_settled(
    site, rack, store, at
):
    store.orders.add(order(1, created_at=at(0)))
    rack.clock.moment = at(2 * DAY)
    rack.tell("stack", "c1", "gone")
    rack.settle()

    def agent(now):
        clock = Clock(at(now))
        AgentOrders(
            store.accounts,
            store.orders,
            store.view,
            store.settlements,
            clock,
            timedelta(0),
        ).run(Call(clock.now()))
        return [each.id for each in store.orders.open()]

    site.settle(2 * DAY)
    assert agent(2 * DAY) == [order(1, created_at=at(0)).id]
    site.settle(2 * DAY + 12 * HOUR)
    assert agent(2 * DAY + 12 * HOUR) == []
    assert site.charged() == site.costs()


# Whatever happens.

ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["tell", "tell", "gone", "settle", "price"]),
        st.integers(0, 6 * 24),
        st.integers(1, 3),
    ),
    max_size=14,
)


@examples(30)
@given(ACTIONS, st.randoms(use_true_random=False))
def test_the_records_are_what_the_periods_cost(site, actions, rng):
    names = {n: f"s{n}-{uuid.uuid4()}" for n in (1, 2, 3)}
    hour = (site.clock.time - site.at(0)) // timedelta(hours=1)
    for action, number, n in actions:
        if action == "tell":
            site.server(
                number * HOUR,
                names[n],
                project=rng.choice(["p1", "p2"]),
                state=rng.choice(["active", "off"]),
            )
        elif action == "gone":
            site.server(number * HOUR, names[n], "gone")
        elif action == "price":
            falling = tariff(
                [(*TIERS, FALLING), *RULES[:n]],
                name=f"t{number}",
                valid_from=f"2026-03-0{n}",
            )
            site.prices = Prices(*site.prices.prices().tariffs, falling)
        else:
            hour = max(hour, number)
            site.settle(hour * HOUR)
    site.settle(hour * HOUR)
    for account, project in ((P1, "p1"), (P2, "p2")):
        assert site.charged(account) == site.costs(project)


class Killed(BaseException):
    """The process ends here."""


def test_killed_at_every_statement_it_charges_the_same(site, store, at):
    for n in range(4):
        site.server(n * HOUR, f"s{n}")
        site.server(n * 9 * HOUR, f"t{n}", project="p2")
    kills = 0
    site.clock.time = at(5 * DAY)
    for place in itertools.count(1):
        left = [place]

        def stop(*_, left=left):
            left[0] -= 1
            if not left[0]:
                raise Killed

        sa.event.listen(store.engine, "before_cursor_execute", stop)
        try:
            outcome = site.settler().run(Call(site.clock.time))
            if outcome.idle:
                break
        except Killed:
            kills += 1
            # Its claims end; a day later, there is more to settle.
            site.clock.time += timedelta(minutes=11)
            site.server(place * HOUR, "s0", state=str(place))
        finally:
            sa.event.remove(store.engine, "before_cursor_execute", stop)
    assert kills > 15
    site.settle()
    for account, project in ((P1, "p1"), (P2, "p2")):
        assert site.charged(account) == site.costs(project) != {}


def test_two_agents_without_a_lock_charge_the_same(site, store, at):
    for n in range(3):
        site.server(n * HOUR, f"s{n}")
    site.settle(0)
    site.clock.time = at(5 * DAY)
    first, second = site.settler(), site.settler()
    settle = store.settlements.settle

    def overtaken(*arguments):
        """The other agent does all of it first, as if it had the claim."""
        with store.engine.begin() as connection:
            connection.execute(
                sa.update(tables.settlements).values(claimed_until=None)
            )
        store.settlements.settle = settle
        second.run(Call(site.clock.time))
        return settle(*arguments)

    store.settlements.settle = overtaken
    outcome = first.run(Call(site.clock.time))
    assert outcome.summary["taken"] == 2
    site.settle()
    assert site.charged() == site.costs() != {}
    assert all(record.revision == 0 for record in site.records())


# What costs say of it.


def test_costs_say_what_is_not_settled_yet(site, at):
    site.server(0)
    site.server(0, "s2", project="p2")
    site.settle(3 * DAY)
    site.clock.time = at(5 * DAY)
    window = Window(at(0), at(5 * DAY))
    costs = Costs(site.usage(), site.store.settlements)
    everybody = Scope(None)
    report = costs.report(everybody, (), window)
    by_day = costs.report(everybody, (), window, ["project_id", "day"])
    settled = {account: site.charged(account) for account in (P1, P2)}
    for row, account in zip(report.rows, (P1, P2), strict=True):
        settled_amount = sum(settled[account].values())
        assert row.amount - row.unsettled_amount == settled_amount > 0
        assert row.unsettled_amount > 0
    assert report.unsettled_amount == by_day.unsettled_amount
    assert {
        row.day: row.amount - row.unsettled_amount
        for row in by_day.rows
        if row.project_id == "p1" and row.amount != row.unsettled_amount
    } == settled[P1]
    # What is settled again is not settled until then; of one project.
    site.server(DAY, "late")
    site.store.settlements.mark(site.prices.prices().tariffs)
    again = costs.report(everybody, (), window)
    assert again.rows[0].unsettled_amount > report.rows[0].unsettled_amount
    assert again.rows[1] == report.rows[1]
    # Who has no account yet has nothing that is settled.
    site.server(0, "s3", project="p3")
    (row,) = costs.report(Scope("p3"), (), window).rows
    assert row.unsettled_amount == row.amount > 0
    # Nobody owes anything.
    assert (
        Costs(site.usage()).report(everybody, (), window).unsettled_amount == 0
    )
