"""What accounts are granted and have left: one number, whoever looks when."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.db.store import SqlStore
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.invoices import next_month, sum_up
from concertim_api.domain.billing.tariff import Tax
from concertim_api.domain.errors import Conflict, Invalid, NotFound
from concertim_api.services.billing.balances import Balances
from concertim_api.services.billing.credits import Credits
from concertim_api.services.common.listing import (
    EVERY_PROJECT,
    Filter,
    Listing,
    Scope,
)
from tests.functional.db.test_costs import Prices, tariff
from tests.functional.db.test_invoices import (
    APRIL,
    APRIL_IS_DUE,
    MARCH,
    MARCH_IS_DUE,
    InvoiceSite,
)
from tests.functional.db.test_settlement import DAY, HOUR, P1, P2
from tests.functional.listings import walk
from tests.functional.statements import noted
from tests.properties import examples

VAT = {"name": "VAT", "percent": "19"}


class CreditSite(InvoiceSite):
    """The same two teams, whose accounts have credits."""

    def credits(self, store=None):
        store = store or self.store
        return Credits(store.accounts, store.credits, self.prices, self.clock)

    def grant(self, amount="100", account=P1, scope=EVERY_PROJECT, **values):
        wish = {"amount": Decimal(amount), "reason": "gift", **values}
        return self.credits().grant(scope, "ann", account, **wish)

    def balances(self):
        return Balances(
            self.store.settlements,
            self.store.balances,
            self.usage(),
            self.clock,
        )

    def balance(self, account=P1):
        return self.balances().of(self.store.accounts.get(account)).amount

    def draft(self, account=P1):
        return self.balances().draft(self.store.accounts.get(account))


@pytest.fixture
def site(store, recorder, tell, at):
    return CreditSite(store, recorder, tell, at)


def test_a_new_account_has_nothing(site):
    assert site.balance() == 0
    site.prices = Prices()
    assert site.balances().of(site.store.accounts.get(P1)) == (0, None)


def test_what_was_granted_less_what_was_charged(site, at):
    site.prices = Prices(tariff(tax=VAT))
    site.server(0)
    site.grant("100")
    site.grant("0.5")
    site.clock.time = at(20 * HOUR)
    # 20 hours at 1.5, of which no day is settled, and the tax.
    assert str(site.balance()) == "64.80"


@pytest.mark.parametrize("due", [MARCH_IS_DUE, APRIL_IS_DUE])
def test_it_is_the_same_before_and_after_settlement_and_close(site, at, due):
    site.prices = Prices(tariff(tax=VAT))
    site.server(0, flavor={"name": "odd", "vcpus": 3, "ram_mb": 1000})
    site.server(7, "s2")
    site.clock.time = at(due + 5 * HOUR + 1)
    balance = site.balance()
    site.settle()
    assert site.balance() == balance
    site.close()
    assert site.invoices()
    assert site.balance() == balance < 0


def test_news_count_before_they_are_settled(site, at):
    site.server(0)
    site.settle(5 * DAY)
    site.server(2 * DAY, says="gone")
    assert site.balance() == -4.5 * 36
    site.store.settlements.mark(site.prices.prices().tariffs)
    assert site.balance() == -2 * 36
    site.settle()
    assert site.balance() == -2 * 36


@pytest.mark.parametrize("name", ["get", "unbilled", "orders"])
def test_who_settles_and_closes_meanwhile_changes_nothing(site, name, at):
    site.server(0)
    site.settle(20 * DAY)
    site.server(9 * DAY, says="gone")
    site.store.settlements.mark(site.prices.prices().tariffs)
    site.clock.time = at(MARCH_IS_DUE)
    settlements = site.store.settlements
    read = getattr(settlements, name)

    def overtaken(*arguments):
        found = read(*arguments)
        delattr(settlements, name)
        site.close(MARCH_IS_DUE)
        return found

    setattr(settlements, name, overtaken)
    assert site.balance() == -9 * 36
    assert len(site.invoices()) == 1


def test_a_draft_is_of_the_open_month(site, at):
    site.server(0)
    site.server(0, "s2")
    site.clock.time = at(DAY)
    draft = site.draft()
    assert (draft.month, draft.state, draft.id) == (MARCH, "open", None)
    assert draft.total == 72
    site.clock.time = at(MARCH_IS_DUE)
    draft = site.draft()
    assert (draft.month, draft.state) == (MARCH, "settling")
    site.close(MARCH_IS_DUE)
    [invoice] = site.invoices()
    assert (draft.total, [*draft.items]) == (invoice.total, invoice.items)
    site.server(29 * DAY, "s2", "gone")
    site.store.settlements.mark(site.prices.prices().tariffs)
    draft = site.draft()
    assert draft.month == APRIL
    assert {(i.month, i.amount > 0) for i in draft.items} == {
        (MARCH, False),
        (APRIL, True),
    }


def test_without_a_tariff_there_is_no_draft(site):
    site.prices = Prices()
    with pytest.raises(Conflict, match="no tariff"):
        site.draft()


def test_what_was_settled_of_an_archive_is_not_rated_again(
    site, monkeypatch, at
):
    site.server(0)
    site.close(MARCH_IS_DUE)
    usage = type(site.store.billed_usage)
    cut = at(31 * DAY - 12 * HOUR)
    monkeypatch.setattr(usage, "archived_before", lambda self: cut)
    assert site.balance() == -1.5 * (31 * 24 - 12 + 48)


@pytest.mark.parametrize("is_settled", [False, True])
def test_as_many_statements_as_promised(site, store, at, is_settled):
    site.server(0)
    site.close(MARCH_IS_DUE) if is_settled else site.settle(DAY)
    site.clock.time += timedelta(days=3)
    account = store.accounts.get(P1)
    with noted(store.engine) as statements:
        site.balances().of(account)
    assert len(statements) <= 4 + 2 + 5, statements


# Credits.


def test_a_credit_is_kept_as_it_was_granted(site, store):
    credit = site.grant("12.3", key="k")
    assert str(credit.amount) == "12.30"
    assert (credit.author, credit.reason) == ("ann", "gift")
    assert (credit.account_id, credit.project_id) == (P1, "p1")
    assert site.credits().get(EVERY_PROJECT, credit.id) == credit


def test_the_same_key_is_the_same_credit(site):
    credit = site.grant(key="k")
    assert site.grant("100.00", key="k") == credit
    assert site.grant(key="k", account=P2) != credit
    assert site.grant() != site.grant() != credit
    for values in ({"amount": Decimal(99)}, {"reason": "more"}):
        with pytest.raises(Conflict, match="has this key, and differs"):
            site.credits().grant(
                EVERY_PROJECT,
                "ann",
                P1,
                **{
                    "amount": Decimal(100),
                    "reason": "gift",
                    "key": "k",
                    **values,
                },
            )
    assert site.balance() == 300


@pytest.mark.parametrize(
    ("amount", "why"),
    [
        ("0", "not more than 0"),
        ("-1", "not more than 0"),
        ("0.001", "smallest coin of EUR"),
    ],
)
def test_what_is_no_amount(site, amount, why):
    with pytest.raises(Invalid, match=why):
        site.grant(amount)
    assert site.balance() == 0


def test_without_a_tariff_there_is_no_currency(site):
    site.prices = Prices()
    with pytest.raises(Conflict, match="no currency"):
        site.grant()


def test_what_another_project_has_is_not_there(site):
    credit = site.grant()
    with pytest.raises(NotFound):
        site.credits().get(Scope("p2"), credit.id)
    with pytest.raises(NotFound):
        site.grant(scope=Scope("p2"))
    for project, rows in (("p1", [credit.id]), ("p2", [])):
        page = site.credits().list(Scope(project), Listing())
        assert [row.id for row in page.rows] == rows


@pytest.mark.parametrize("key", ["k", None])
def test_who_grants_at_once(site, conf, key):
    stores = [SqlStore(conf) for _ in range(4)]
    start = threading.Barrier(4)

    def work(store):
        start.wait(30)
        gift = Decimal(5), "gift", key
        return site.credits(store).grant(EVERY_PROJECT, "ann", P1, *gift).id

    with ThreadPoolExecutor(4) as pool:
        assert len({*pool.map(work, stores)}) == (1 if key else 4)
    for store in stores:
        store.close()
    assert site.balance() == (5 if key else 20)


@pytest.mark.parametrize("limit", [1, 3, 9])
def test_page_by_page(site, store, limit):
    ids = []
    for n in range(5):
        ids.insert(0, site.grant(str(n + 1)).id)
        site.clock.time += timedelta(seconds=1)
    assert [row.id for row in walk(store.credits.page, limit)] == ids


@pytest.mark.parametrize(
    ("field", "value", "number"),
    [
        ("account_id", P2, 1),
        ("project_id", "p1", 2),
        ("author", "ann", 3),
        ("author", "bob", 0),
    ],
)
def test_by_fields(site, store, field, value, number):
    for account in (P1, P1, P2):
        site.grant(account=account)
    page = store.credits.page(Listing((Filter(field, "eq", value),)))
    assert len(page.rows) == number


# Daily records.


@pytest.fixture
def records(site):
    site.server(0)
    site.server(0, "t1", project="p2")
    site.settle(4 * DAY)
    site.server(2 * DAY, says="gone")
    site.settle()


@pytest.mark.parametrize("limit", [1, 4, 99])
def test_records_page_by_page(store, records, limit):
    rows = walk(store.records.page, limit)
    places = [(row.day, row.order_id, row.revision) for row in rows]
    assert places == sorted(places, reverse=True)
    assert len({*places}) == 4 + 4 + 2


@pytest.mark.parametrize(
    ("field", "operator", "value", "number"),
    [
        ("account_id", "eq", P1, 6),
        ("order_id", "eq", P2, 4),
        ("project_id", "eq", "p1", 6),
        ("day", "eq", MARCH + timedelta(days=3), 3),
        ("day", "lt", MARCH + timedelta(days=1), 2),
        ("month", "eq", MARCH, 10),
        ("month", "gt", MARCH, 0),
        ("revision", "eq", 1, 2),
    ],
)
def test_records_by_fields(store, records, field, operator, value, number):
    page = store.records.page(Listing((Filter(field, operator, value),)))
    assert len(page.rows) == number


@pytest.mark.parametrize(
    "marker", [("x", P1, 0), (7, P1, 0), (None, P1, 0), ("2026-03-01",)]
)
def test_a_strange_marker_is_refused(store, records, marker):
    with pytest.raises(Invalid, match="marker"):
        store.records.page(Listing(marker=marker))


# Whatever happens.


@examples(15)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["tell", "gone", "settle", "close"]),
            st.integers(0, 70 * 24),
            st.integers(1, 2),
        ),
        max_size=10,
    )
)
def test_the_balance_is_what_periods_cost(site, actions):
    """To the cent of each item."""
    site.prices = Prices(tariff(tax=VAT))
    names = {n: f"s{n}-{uuid.uuid4()}" for n in (1, 2)}
    account = Account(str(uuid.uuid4()), str(uuid.uuid4()), site.at(0))
    site.store.accounts.add([account])
    hour = max(0, (site.clock.time - site.at(0)) // timedelta(hours=1))
    for action, number, n in actions:
        if action in ("tell", "gone"):
            says = "alive" if action == "tell" else "gone"
            site.server(number * HOUR, names[n], says, account.project_id)
            continue
        hour = max(hour, number)
        step = site.settle if action == "settle" else site.close
        step(hour * HOUR)
    # At midnight, so that all of it can be settled.
    site.clock.time = site.at((hour // 24 * 24 + 12) * HOUR)
    site.store.settlements.begin()
    site.store.settlements.mark(site.prices.prices().tariffs)
    balance = site.balance(account.id)
    site.settle()
    assert site.balance(account.id) == balance
    invoices, month = site.invoices(account.id), site.open_month(account.id)
    charged = sum(invoice.total for invoice in invoices)
    while month <= site.clock.time.date():
        charged += _total(site.records(account.id), month)
        month = next_month(month)
    assert balance == -charged


def _total(records, month):
    """Return what records of a month come to, with tax."""
    sums = sum_up(
        [record for record in records if record.month == month],
        "EUR",
        Tax("VAT", 1900),
    )
    return sums.total
