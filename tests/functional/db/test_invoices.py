"""Each month of each account is closed once, and has one invoice."""

import dataclasses as dc
import itertools
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.db.billing import invoices as adapter
from concertim_api.db.billing import tables
from concertim_api.db.store import SqlStore
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.rating import midnight
from concertim_api.domain.errors import NotFound
from concertim_api.services.billing.costs import Costs
from concertim_api.services.billing.month_close import MonthClose, keepers
from concertim_api.services.billing.system import Billing
from concertim_api.services.common.listing import (
    Filter,
    Listing,
    Scope,
    equal,
)
from concertim_api.services.jobs.job import Call
from concertim_api.services.ledger.archives import Archiver
from concertim_api.services.ledger.ports import Window
from tests.functional.db.test_costs import RULES, Prices, tariff
from tests.functional.db.test_settlement import (
    DAY,
    HOUR,
    P1,
    P2,
    Killed,
    Site,
    order,
)
from tests.functional.listings import walk
from tests.functional.statements import noted
from tests.properties import examples

MARCH, APRIL, MAY = (date(2026, n, 1) for n in (3, 4, 5))
GRACE = timedelta(days=2)

#: Seconds from the start of the tests, at noon of the first of March, until
#: the grace of a month is over.
MARCH_IS_DUE = 33 * DAY - 12 * HOUR
APRIL_IS_DUE = MARCH_IS_DUE + 30 * DAY
MAY_IS_DUE = APRIL_IS_DUE + 31 * DAY


class InvoiceSite(Site):
    """The same two teams, whose months an agent closes."""

    def closer(self, store=None):
        store = store or self.store
        return MonthClose(store.invoices, self.prices, self.clock, GRACE)

    def close(self, seconds=None):
        """Settle and close until there is nothing to do."""
        if seconds is not None:
            self.settle(seconds)
        for _ in range(20):
            if self.closer().run(Call(self.clock.time)).idle:
                return
        raise AssertionError("it does not come to an end")

    def invoices(self, account=P1):
        """Return the invoices of an account, the first one first."""
        listing = Listing(equal(account_id=account), (("number", False),))
        rows = self.store.invoices.page(listing).rows
        return [self.store.invoices.get(row.id) for row in rows]

    def open_month(self, account=P1):
        return self.store.settlements.get(account).open_month

    def exact(self, account=P1):
        """Return what invoices and open months say, unrounded."""
        invoiced = sum(i.subtotal - i.distance for i in self.invoices(account))
        return invoiced + sum(
            sum(record.amounts.values())
            for record in self.records(account)
            if record.month >= self.open_month(account)
        )


@pytest.fixture
def site(store, recorder, tell, at):
    return InvoiceSite(store, recorder, tell, at)


def items(invoice):
    return {
        (item.order_id, item.month, item.unit): item.amount
        for item in invoice.items
    }


def test_a_month_is_closed_after_its_grace(site, at):
    site.prices = Prices(tariff(tax={"name": "VAT", "percent": "19"}))
    site.server(0)
    site.close(MARCH_IS_DUE - 1)
    assert site.invoices() == []
    assert site.open_month() == MARCH
    site.close(MARCH_IS_DUE)
    [invoice] = site.invoices()
    hours = 31 * 24 - 12
    assert items(invoice) == {
        (P1, MARCH, "compute"): Decimal(hours),
        (P1, MARCH, "memory"): Decimal(hours) / 2,
    }
    assert (invoice.number, invoice.month, invoice.state) == (
        1,
        MARCH,
        "closed",
    )
    assert (invoice.project_id, invoice.currency) == ("p1", "EUR")
    assert str(invoice.subtotal) == "1098.00"
    assert (invoice.tax_name, str(invoice.tax)) == ("VAT", "208.62")
    assert str(invoice.total) == "1306.62"
    assert invoice.distance == 0
    assert invoice.issued_at == at(MARCH_IS_DUE)
    assert site.open_month() == APRIL


def test_what_costs_nothing_has_no_invoice(site):
    site.close(MARCH_IS_DUE)
    assert site.invoices() == site.invoices(P2) == []
    assert site.open_month() == site.open_month(P2) == APRIL


def test_the_tax_is_that_of_the_last_day(site):
    site.prices = Prices(
        tariff(tax={"name": "old", "percent": "10"}),
        tariff(
            name="t2",
            valid_from="2026-03-31",
            tax={"name": "new", "percent": "20"},
        ),
        tariff(name="t3", valid_from="2026-04-01"),
    )
    site.server(0)
    site.close(MARCH_IS_DUE)
    assert site.invoices()[0].tax_name == "new"
    assert site.invoices()[0].tax == site.invoices()[0].subtotal / 5


@pytest.mark.parametrize(
    "values",
    [
        {"settled_until": date(2026, 3, 31)},
        {"stale_from": date(2026, 3, 31)},
        {"stale_from": date(2026, 4, 2)},
        {"claimed_until": datetime(2026, 4, 3, 12, tzinfo=UTC)},
    ],
)
def test_what_is_not_settled_stays_open(site, store, values):
    site.server(0)
    site.settle(MARCH_IS_DUE)
    with store.engine.begin() as connection:
        of_p1 = tables.settlements.c.account_id == P1
        update = sa.update(tables.settlements).where(of_p1)
        connection.execute(update.values(values))
    site.close()
    assert site.open_month() == MARCH
    assert site.open_month(P2) == APRIL
    site.clock.time += timedelta(days=1)
    site.close(MARCH_IS_DUE + DAY)
    assert len(site.invoices()) == 1


def test_what_changes_under_the_lock_is_seen(site, store, monkeypatch):
    """Whoever looked before it does not decide."""
    site.server(0)
    site.settle(MARCH_IS_DUE)
    opened = store.invoices.open(APRIL)
    site.server(9 * DAY, says="gone")
    store.settlements.mark(site.prices.prices().tariffs)
    monkeypatch.setattr(store.invoices, "open", lambda before: opened)
    site.close()
    assert site.open_month() == MARCH


def test_months_are_closed_in_their_order(site):
    site.server(0)
    site.close(MAY_IS_DUE)
    assert [i.month for i in site.invoices()] == [MARCH, APRIL, MAY]
    assert [i.number for i in site.invoices()] == [1, 2, 3]
    assert site.open_month() == date(2026, 6, 1)
    assert site.exact() == sum(site.costs().values())


def test_late_changes_are_items_of_the_next_invoice(site):
    """They name the month of the usage."""
    site.server(0)
    site.server(0, "s2")
    site.close(MARCH_IS_DUE)
    [march] = site.invoices()
    # It ended in March already, at noon of the 30th; nobody had told.
    site.server(29 * DAY, "s2", "gone")
    site.close(APRIL_IS_DUE)
    unchanged, april = site.invoices()
    assert unchanged == march
    assert items(april) == {
        (P1, MARCH, "compute"): Decimal(-36),
        (P1, MARCH, "memory"): Decimal(-18),
        (P1, APRIL, "compute"): Decimal(720),
        (P1, APRIL, "memory"): Decimal(360),
    }
    assert site.exact() == sum(site.costs().values())


def test_a_credit_note_is_an_invoice_below_nothing(site):
    site.server(0)
    site.server(9 * DAY, says="gone")
    site.close(MARCH_IS_DUE)
    site.server(8 * DAY, says="gone")
    site.close(APRIL_IS_DUE)
    assert [i.total for i in site.invoices()] == [324, -36]


def test_items_are_in_cents_and_say_how_far_they_are(site, store, at):
    third = [(n, u, c, q, "0.3333") for n, u, c, q, _ in RULES[:1]]
    site.prices = Prices(tariff(third))
    site.server(0, flavor={"name": "tiny", "vcpus": 1, "ram_mb": 1})
    site.server(HOUR, says="gone")
    site.close(MARCH_IS_DUE)
    [invoice] = site.invoices()
    assert str(invoice.items[0].amount) == "0.33"
    assert str(invoice.distance) == "-0.0033"


def test_a_settlement_that_began_before_does_not_change_a_closed_month(
    site, store
):
    """Its agent was away for longer than its claim."""
    site.server(0)
    site.settle(MARCH_IS_DUE)
    site.server(9 * DAY, says="gone")
    settle = store.settlements.settle

    def late(*arguments):
        """The claim has ended, and the month is closed before it writes."""
        store.settlements.settle = settle
        with store.engine.begin() as connection:
            forgotten = {"claimed_until": None, "stale_from": None}
            connection.execute(sa.update(tables.settlements).values(forgotten))
        site.close()
        return settle(*arguments)

    store.settlements.settle = late
    outcome = site.settler().run(Call(site.clock.time))
    assert outcome.summary["taken"] == 1
    assert site.open_month() == APRIL
    billed = [r for r in site.records() if r.month == MARCH]
    [invoice] = site.invoices()
    assert invoice.subtotal - invoice.distance == sum(
        sum(record.amounts.values()) for record in billed
    )


def test_a_claim_has_the_month_that_is_open(site, store):
    """It is closed between the look and the claim."""
    site.server(0)
    site.settle(MARCH_IS_DUE)
    site.clock.time += timedelta(days=1)
    rows = store.settlements._rows

    def overtaken(query):
        found = rows(query)
        store.settlements._rows = rows
        site.close()
        return found

    store.settlements._rows = overtaken
    until = site.clock.time.date()
    claims = store.settlements.claim(until, site.clock.time, 9)
    assert {c.settlement.open_month for c in claims} == {APRIL}


def test_killed_at_every_statement_it_makes_each_invoice_once(site, store):
    site.server(0)
    site.server(0, "t1", project="p2")
    site.settle(APRIL_IS_DUE)
    kills = 0
    for place in itertools.count(1):
        left = [place]

        def stop(*_, left=left):
            left[0] -= 1
            if not left[0]:
                raise Killed

        sa.event.listen(store.engine, "before_cursor_execute", stop)
        try:
            if site.closer().run(Call(site.clock.time)).idle:
                break
        except Killed:
            kills += 1
        finally:
            sa.event.remove(store.engine, "before_cursor_execute", stop)
    assert kills > 9
    check_invoices(site)


def check_invoices(site):
    """Two accounts have an invoice of March and April, without a gap."""
    invoices = [*site.invoices(P1), *site.invoices(P2)]
    assert sorted(i.number for i in invoices) == [1, 2, 3, 4]
    assert [i.month for i in invoices] == [MARCH, APRIL] * 2
    for account, project in ((P1, "p1"), (P2, "p2")):
        assert site.exact(account) == sum(site.costs(project).values())


@pytest.mark.parametrize("is_locked", [True, False])
def test_agents_race(site, conf, monkeypatch, is_locked):
    """Without the lock, the constraints decide alone."""
    if not is_locked:
        monkeypatch.setattr(adapter, "_locked", unlocked)
    site.server(0)
    site.server(0, "t1", project="p2")
    site.settle(APRIL_IS_DUE)
    stores = [SqlStore(conf) for _ in range(4)]
    start = threading.Barrier(4)

    def work(store):
        start.wait(30)
        for _ in range(4):
            site.closer(store).run(Call(site.clock.time))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, stores))
    for store in stores:
        store.close()
    site.close()
    check_invoices(site)


def unlocked(connection, account_id):
    query = sa.select(*adapter.SETTLEMENT).where(
        tables.settlements.c.account_id == account_id
    )
    return adapter.settlement(connection.execute(query).one())


def test_a_failing_account_does_not_stop_the_others(site, monkeypatch):
    site.server(0)
    site.server(0, "t1", project="p2")
    site.settle(MARCH_IS_DUE)
    close = MonthClose.close

    def fail(closer, settlement, *more):
        if settlement.account_id == P1:
            raise ValueError("no")
        return close(closer, settlement, *more)

    with monkeypatch.context() as patched:
        patched.setattr(MonthClose, "close", fail)
        outcome = site.closer().run(Call(site.clock.time))
    assert outcome.outcome == "partial"
    assert outcome.error == f"account {P1}: ValueError: see the log"
    assert outcome.summary == {"closed": 1, "failed": 1}
    assert (len(site.invoices()), len(site.invoices(P2))) == (0, 1)
    site.close()
    assert len(site.invoices()) == 1


def test_as_many_statements_as_promised(site, store):
    site.server(0)
    site.settle(MARCH_IS_DUE)
    for cost, idle in ((1 + 3 + 6, False), (1, True)):
        with noted(store.engine) as statements:
            assert site.closer().run(Call(site.clock.time)).idle is idle
        assert len(statements) == cost, statements


# What an operator asks for.


def outcomes(report):
    return [
        (month.account_id, month.month, month.state) for month in report.months
    ]


def test_a_dry_run_changes_nothing(site):
    site.server(0)
    site.settle(APRIL_IS_DUE)
    report = site.closer().report(APRIL, dry_run=True)
    assert outcomes(report) == [
        (account, month, "ready")
        for account in (P1, P2)
        for month in (MARCH, APRIL)
    ]
    assert site.invoices() == []
    assert site.open_month() == MARCH


def test_months_are_closed_up_to_one(site):
    site.server(0)
    site.settle(APRIL_IS_DUE)
    report = site.closer().report(MARCH)
    assert outcomes(report) == [(P1, MARCH, "closed"), (P2, MARCH, "closed")]
    assert [i.month for i in site.invoices()] == [MARCH]
    assert site.closer().report(MARCH).months == []
    # April is the last one that is over.
    assert outcomes(site.closer().report())[0] == (P1, APRIL, "closed")
    assert len(site.invoices()) == 2


def test_what_is_not_closed_says_why(site, store, monkeypatch):
    site.server(0)
    site.settle(APRIL_IS_DUE - 1)
    site.server(3 * DAY, says="gone")
    store.settlements.mark(site.prices.prices().tariffs)
    first, *others = site.closer().report(APRIL).months
    assert (first.account_id, first.project_id) == (P1, "p1")
    assert (first.month, first.state) == (MARCH, "open")
    assert first.hindrance == "to be settled again from 2026-03-04 on"
    assert [(o.month, o.state) for o in others] == [
        (MARCH, "closed"),
        (APRIL, "open"),
    ]
    assert others[1].hindrance.startswith("the month and its grace end at")
    site.settle()
    close = store.invoices.close

    def overtaken(*arguments):
        monkeypatch.setattr(store.invoices, "close", close)
        site.close()
        return close(*arguments)

    monkeypatch.setattr(store.invoices, "close", overtaken)
    [row] = site.closer().report(MARCH).months
    assert (row.state, row.hindrance) == ("open", "it has changed just now")
    assert len(site.invoices()) == 1


def test_what_fails_does_not_stop_the_rest(site, store, monkeypatch):
    site.settle(MARCH_IS_DUE)
    close = store.invoices.close

    def fail(settlement, *more):
        if settlement.account_id == P1:
            raise ValueError("no")
        return close(settlement, *more)

    monkeypatch.setattr(store.invoices, "close", fail)
    one, other = site.closer().report().months
    assert (one.state, one.hindrance) == (
        "open",
        f"account {P1}: ValueError: see the log",
    )
    assert other.state == "closed"


# Archives.


@pytest.mark.parametrize(
    ("before", "state", "kept"),
    [
        (datetime(2026, 4, 1, tzinfo=UTC), "closed", 0),
        (datetime(2026, 4, 1, 0, 0, 1, tzinfo=UTC), "closed", 1),
        (datetime(2026, 3, 1, 0, 0, 1, tzinfo=UTC), "disputed", 1),
        (datetime(2026, 4, 1, tzinfo=UTC), "disputed", 1),
    ],
)
def test_what_is_open_or_disputed_is_not_archived(
    site, store, before, state, kept
):
    site.server(-10 * DAY, "old")
    site.server(-9 * DAY, "old", "gone")
    site.server(0)
    site.close(MARCH_IS_DUE)
    [invoice] = site.invoices()
    store.invoices.mark(invoice.id, (), state, "why", "ann")
    archiver = Archiver(
        store.histories,
        store.transactions,
        [*keepers(_Built(store, Billing(is_owed=True)))],
    )
    with store.engine.begin() as connection:
        ledger = sa.table("resources", sa.column("updated_at"))
        connection.execute(sa.update(ledger).values(updated_at=0))
    counts = archiver.run(before, None)
    assert sum(counts.kept.values()) == kept
    assert counts.resources == 1 - kept


@dc.dataclass
class _Built:
    store: SqlStore
    billing: Billing


def test_without_billing_nothing_is_kept(store):
    assert [*keepers(_Built(store, Billing(is_owed=False)))] == []


def test_a_look_reads_no_account_before_a_month_is_due(site, monkeypatch):
    site.settle(20 * DAY)
    opened = []
    read = site.store.invoices.open
    monkeypatch.setattr(
        site.store.invoices, "open", lambda day: opened.extend(read(day)) or []
    )
    site.close()
    assert opened == []


def test_the_month_after_an_archive_is_settled(site, store, monkeypatch):
    """What ended before the first of April is archived: April is complete."""
    site.server(0)
    site.close(MARCH_IS_DUE - 2 * DAY)
    cut = datetime(2026, 4, 1, tzinfo=UTC)
    monkeypatch.setattr(
        type(store.billed_usage), "archived_before", lambda self: cut
    )
    site.close(APRIL_IS_DUE)
    _, april = site.invoices()
    assert april.subtotal == 30 * 36


# Pages, and what people do.


@pytest.fixture
def many(site, store, at):
    store.accounts.add([Account(str(uuid.UUID(int=3)), "p3", at(0))])
    site.server(0)
    site.server(0, "t1", project="p2")
    site.close(MAY_IS_DUE)
    first = site.invoices(P2)[0]
    store.invoices.mark(first.id, (), "disputed", "too much", "ann")


@pytest.mark.parametrize("limit", [1, 4, 9])
def test_page_by_page(store, many, limit):
    rows = walk(store.invoices.page, limit)
    assert [row.number for row in rows] == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("field", "operator", "value", "numbers"),
    [
        ("month", "eq", MARCH, {1, 2}),
        ("month", "gt", MARCH, {3, 4, 5, 6}),
        ("state", "eq", "disputed", {2}),
        ("account_id", "eq", P1, {1, 3, 5}),
        ("project_id", "eq", "p2", {2, 4, 6}),
        ("project_id", "eq", "p3", set()),
    ],
)
def test_by_fields(store, many, field, operator, value, numbers):
    listing = Listing((Filter(field, operator, value),))
    rows = store.invoices.page(listing).rows
    assert {row.number for row in rows} == numbers


def test_what_another_project_has_is_not_there(site, store, many):
    theirs = site.invoices(P2)[0]
    mine = equal(project_id="p1")
    with pytest.raises(NotFound, match="not found"):
        store.invoices.get(theirs.id, mine)
    with pytest.raises(NotFound):
        store.invoices.mark(theirs.id, mine, "closed", "no", "bob")
    assert site.invoices(P2)[0] == theirs
    assert (theirs.state, theirs.reason, theirs.author) == (
        "disputed",
        "too much",
        "ann",
    )


def test_an_invoice_takes_two_statements(site, store, many):
    [first, *_] = site.invoices()
    with noted(store.engine) as statements:
        store.invoices.get(first.id)
    assert len(statements) == 2


# Whatever happens.

ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["tell", "tell", "gone", "close", "price"]),
        st.integers(0, 90),
        st.integers(1, 3),
    ),
    max_size=12,
)


@examples(20)
@given(ACTIONS, st.randoms(use_true_random=False))
def test_invoices_are_what_the_periods_cost(site, actions, rng):
    """Nothing is lost and nothing is billed twice, whatever comes late."""
    names = {n: f"s{n}-{uuid.uuid4()}" for n in (1, 2, 3)}
    day = (site.clock.time - site.at(0)).days
    for action, number, n in actions:
        if action == "tell":
            project = rng.choice(["p1", "p2"])
            site.server(number * DAY, names[n], project=project)
        elif action == "gone":
            site.server(number * DAY + n * HOUR, names[n], "gone")
        elif action == "price":
            dearer = [(*rule[:4], f"0.{number}{n}7") for rule in RULES]
            name, since = str(uuid.uuid4()), f"2026-0{n + 2}-11"
            site.prices = Prices(
                *site.prices.prices().tariffs,
                tariff(dearer, name=name, valid_from=since),
            )
        else:
            day = max(day, number)
            site.close(day * DAY)
    site.close(day * DAY)
    for account, project in ((P1, "p1"), (P2, "p2")):
        assert site.exact(account) == sum(site.costs(project).values())
    numbers = [i.number for a in (P1, P2) for i in site.invoices(a)]
    assert sorted(numbers) == [*range(1, len(numbers) + 1)]


def test_each_order_has_its_items(site, store, world, at):
    world.project(name="p1")
    world.server("s1", shape={"flavor": {"name": "small", "vcpus": 2}})
    world.stack("c1", "instance/s1")
    world.settle()
    store.orders.add(order(1, created_at=at(0)))
    site.server(0, "loose")
    site.close(MARCH_IS_DUE)
    [invoice] = site.invoices()
    ids = {item.order_id for item in invoice.items}
    assert ids == {P1, order(1, created_at=at(0)).id}


# Conservation.

HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.integers(0, 80), st.integers(1, 3)),
        st.tuples(st.just("gone"), st.integers(0, 80), st.integers(1, 3)),
        st.tuples(st.just("price"), st.integers(1, 80), st.integers(1, 9)),
        st.tuples(st.just("pass"), st.integers(1, 40), st.just(0)),
        st.tuples(st.just("kill"), st.integers(1, 40), st.just(0)),
    ),
    max_size=12,
)


@pytest.fixture
def killer(store):
    """Kills at a statement; 0: never."""
    left = [0]

    def stop(*_):
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    sa.event.listen(store.engine, "before_cursor_execute", stop)
    yield left
    sa.event.remove(store.engine, "before_cursor_execute", stop)


def pass_days(site, killer, days, statement=0):
    """Let days pass; settle and close, perhaps killed at a statement."""
    site.clock.time += timedelta(days=days)
    killer[0] = statement
    try:
        site.settler().run(Call(site.clock.time))
        site.closer().run(Call(site.clock.time))
    except Killed:
        site.clock.time += timedelta(minutes=11)
    killer[0] = 0


def costs(site, project):
    """Return what all days that are over cost, rounded as records are."""
    until, total = midnight(site.clock.time.date()), 0
    start = site.at(0).replace(hour=0)
    while start < until:
        end = min(start + timedelta(days=200), until)
        report = Costs(site.usage()).report(
            Scope(project), (), Window(start, end), ["day", "unit", "rack_id"]
        )
        total += sum(row.amount for row in report.rows)
        start = end
    return total


@examples(15)
@given(HAPPENINGS, st.randoms(use_true_random=False))
def test_invoices_are_what_the_periods_cost_whatever_happens(
    site, killer, happenings, rng
):
    names = {n: f"s{n}-{uuid.uuid4()}" for n in (1, 2, 3)}
    first = (site.clock.time - site.at(0)) // timedelta(days=1)
    number = itertools.count(first * 100)
    for what, day, n in happenings:
        moment = (first + day) * DAY + n * HOUR
        if what == "tell":
            project = rng.choice(["p1", "p2"])
            site.server(moment, names[n], project=project, state=str(day))
        elif what == "gone":
            site.server(moment, names[n], "gone")
        elif what == "price":
            dearer = tariff(
                [(*RULES[0][:-1], f"0.{n}"), *RULES[1:]],
                name=f"t{next(number)}",
                valid_from=str(site.at(moment).date()),
            )
            site.prices = Prices(*site.prices.prices().tariffs, dearer)
        else:
            statement = rng.randint(1, 40) if what == "kill" else 0
            pass_days(site, killer, day, statement)
    pass_days(site, killer, 40)
    site.close((site.clock.time - site.at(0)).total_seconds())
    for account, project in ((P1, "p1"), (P2, "p2")):
        assert site.exact(account) == costs(site, project)
        for invoice in site.invoices(account):
            items_sum = sum(item.amount for item in invoice.items)
            assert items_sum == invoice.subtotal
