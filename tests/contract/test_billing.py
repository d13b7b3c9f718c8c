"""What every billing system promises: see ``billing.base``.

Kill Bill as it is, if there is one, and one that answers as it does.
"""

import itertools
import os
import pathlib
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from concertim_api.billing.killbill import catalog
from concertim_api.billing.killbill.client import Client, Options
from concertim_api.billing.killbill.driver import KillBill
from concertim_api.domain.billing.invoices import next_month
from concertim_api.services.billing.system import (
    BillingAway,
    BillingRefused,
)
from tests.contract.billing import CURRENCY, Ledger
from tests.contract.killbill import Server
from tests.programs import needed

SERVICES = pathlib.Path(__file__).parents[2] / "tools" / "services.sh"

PLAN = "concertim-monthly"


class InterruptedClient(Client):
    """Loses one request, or the answer of it; counts all of them."""

    def __init__(self, options, place=0, is_done=False):
        super().__init__(options)
        self.calls = []
        self.place, self.is_done = place, is_done

    def call(self, method, path, body=None, **query):
        self.calls.append((method, path))
        is_lost = len(self.calls) == self.place
        if is_lost and not self.is_done:
            raise BillingAway("no connection")
        answer = super().call(method, path, body, **query)
        if is_lost:
            raise BillingAway("no answer")
        return answer


class TestedKillBill:
    """A tenant of a Kill Bill that runs, with its clock."""

    def __init__(self, url):
        self.url = url
        self.key = uuid.uuid4().hex
        self.client = Client(self.options())
        body = {name: self.key for name in ("apiKey", "apiSecret")}
        self.client.call("POST", "/tenants", {"externalKey": self.key, **body})
        self.upload(catalog.xml(PLAN, CURRENCY))

    def options(self, **values):
        return Options(
            **{
                "url": self.url,
                "username": "admin",
                "password": "password",
                "api_key": self.key,
                "api_secret": self.key,
                **values,
            }
        )

    def upload(self, xml):
        response = self.client._http.post(
            f"{self.url}/1.0/kb/catalog/xml",
            data=xml,
            headers={"Content-Type": "text/xml"},
        )
        assert response.status_code == 201, response.text

    def system(self, **values):
        return KillBill(Client(self.options(**values)), PLAN, CURRENCY)

    def interrupted(self, place, *, is_done):
        """Return a system whose request of a number has no answer."""
        client = InterruptedClient(self.options(), place, is_done)
        return KillBill(client, PLAN, CURRENCY)

    def order(self, order_id, account):
        """Return an order as the server has it."""
        account = self.client.get("/accounts", externalKey=account.project_id)
        bundles = self.client.get(f"/accounts/{account['accountId']}/bundles")
        [order] = [
            order
            for bundle in bundles
            for order in bundle["subscriptions"]
            if order["externalKey"] == order_id
        ]
        return order

    def record(self, order, day, unit, amount, tracking_id):
        """Record usage that we know nothing of."""
        records = [{"recordDate": str(day), "amount": amount}]
        body = {
            "subscriptionId": order["subscriptionId"],
            "trackingId": tracking_id,
            "unitUsageRecords": [{"unitType": unit, "usageRecords": records}],
        }
        self.client.call("POST", "/usages", body)

    def void(self, account):
        """Void all invoices of an account."""
        account = self.client.get("/accounts", externalKey=account.project_id)
        path = f"/accounts/{account['accountId']}/invoices"
        for invoice in self.client.get(path):
            path = f"/invoices/{invoice['invoiceId']}/voidInvoice"
            self.client.call("PUT", path)

    def sums(self, order, first, end):
        document = self.client.get(
            f"/usages/{order['subscriptionId']}",
            startDate=str(first),
            endDate=str(end),
        )
        return {u["unitType"]: u["amount"] for u in document["rolledUpUnits"]}

    __test__ = False

    def now(self):
        moment = self.client.get("/test/clock")["currentUtcTime"]
        return datetime.fromisoformat(moment)

    def move(self, moment):
        """Move the clock to noon of a day."""
        self.client.call(
            "POST",
            "/test/clock",
            requestedDate=f"{moment}T12:00:00.000Z",
            timeoutSec="30",
        )
        self.client.call("GET", "/test/queues", timeoutSec="30")

    def balance(self, ledger):
        """Return what the account owes."""
        account = self.client.get(
            "/accounts",
            externalKey=ledger.account.project_id,
            accountWithBalanceAndCBA="true",
        )
        return account["accountBalance"]


@pytest.fixture(scope="module")
def fake():
    """The URL of a Kill Bill of ours."""
    server = Server()
    yield server.url
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The URL of a Kill Bill."""
    if url := os.environ.get("CONCERTIM_TEST_KILLBILL"):
        yield url
        return
    needed("javac")
    needed("mvn")
    folder = tmp_path_factory.mktemp("killbill")
    subprocess.run([SERVICES, "start", folder, "killbill"], check=True)
    try:
        yield (folder / "env").read_text().strip().rpartition("=")[2]
    finally:
        subprocess.run([SERVICES, "stop", folder], check=True)


#: All on one worker: the clock of a server is one for all its tests.
@pytest.fixture(
    params=[
        "fake",
        pytest.param("real", marks=pytest.mark.xdist_group("killbill")),
    ]
)
def server(request):
    return TestedKillBill(request.getfixturevalue(request.param))


@pytest.fixture
def first(server):
    """The first day of a month that begins now."""
    year = server.now().year + 1
    server.move(date(year, 1, 1))
    return date(year, 1, 1)


def months(first):
    """Return the first days of the months of a year."""
    return [date(first.year, n, 1) for n in range(1, 13)]


def test_it_is_ready(server):
    assert server.system().faults() == []


def test_the_story_of_four_months(server, first):
    """Two clusters, a resize, the end of one, credits, and corrections: late
    up, late down, of three months ago, and of an order that ended."""
    january, february, march, april, may, *_ = months(first)
    system = server.system()
    ledger = Ledger(system, january)
    one, two = ledger.order(), ledger.order()
    ledger.fill(one, january, february, compute="24.5", memory="1.2345")
    ledger.fill(two, date(first.year, 1, 10), february, compute="3.3333")
    ledger.set(one, date(first.year, 1, 5), compute="20", memory="1.2345")
    ledger.post()
    ledger.grant("60")
    server.move(february.replace(day=3))
    ledger.close()
    assert server.balance(ledger) == ledger.owed

    # Late, up and down; the second cluster ends.
    ledger.set(one, date(first.year, 1, 7), compute="30.0050", memory="1.2345")
    ledger.set(two, date(first.year, 1, 12), compute="1.1111")
    ledger.fill(one, february, march, compute="49", memory="2.4690", gpu="7")
    ledger.fill(two, february, date(first.year, 2, 9), compute="3.3333")
    ledger.post()
    server.move(march.replace(day=3))
    ledger.close()
    system.end(ledger.account, two)
    assert server.balance(ledger) == ledger.owed

    # Of an order that ended, up and down.
    ledger.set(two, date(first.year, 2, 3), compute="13.3333")
    ledger.set(two, date(first.year, 1, 20), compute="0")
    ledger.fill(one, march, april, compute="24.5")
    ledger.grant("15.25", "again")
    ledger.post()
    server.move(april.replace(day=3))
    ledger.close()
    assert server.balance(ledger) == ledger.owed

    # Three months late, up and down.
    ledger.set(one, date(first.year, 1, 2), compute="100", memory="0")
    ledger.fill(one, april, may, compute="24.5")
    ledger.post()
    server.move(may.replace(day=3))
    ledger.close()
    assert server.balance(ledger) == ledger.owed
    assert len(ledger.invoices) == 4


@pytest.fixture
def ledger(server, first):
    """A ledger with an order that has three days of its first month."""
    ledger = Ledger(server.system(), first)
    ledger.only = ledger.order()
    for n in (1, 2, 3):
        ledger.set(ledger.only, first.replace(day=n), compute=f"{n}.2345")
    return ledger


def sums(server, ledger, day):
    order = server.order(ledger.only, ledger.account)
    return server.sums(order, day, day + timedelta(1))


def test_what_is_posted_twice_is_recorded_once(server, ledger, first):
    ledger.post()
    ledger.posted = 0
    ledger.post()
    assert sums(server, ledger, first) == {"compute": Decimal("1.2345")}


def test_a_record_costs_one_request(server, ledger, first):
    client = InterruptedClient(server.options())
    ledger.system = KillBill(client, PLAN, CURRENCY)
    ledger.post()
    # the account: looked for, made, read, its tags read and made, its
    # orders; the order: made, read
    assert len(client.calls) == 8 + 3
    client.calls.clear()
    ledger.set(ledger.only, first, compute="9", memory="1", gpu="2")
    ledger.set(ledger.only, first.replace(day=4), compute="9", memory="1")
    ledger.post()
    assert client.calls == [("POST", "/usages")] * 2


@pytest.mark.parametrize("is_done", [False, True])
def test_whatever_request_is_lost_the_sums_are_right(server, first, is_done):
    for place in itertools.count(1):
        ledger = Ledger(server.interrupted(place, is_done=is_done), first)
        ledger.only = ledger.order()
        ledger.set(ledger.only, first, compute="1.5")
        ledger.set(ledger.only, first, compute="1.0", gpu="3")
        try:
            ledger.post()
        except BillingAway:
            ledger.post()
        expected = {"compute": Decimal("1.0"), "gpu": Decimal(3)}
        assert sums(server, ledger, first) == expected
        if len(ledger.system._client.calls) < place:
            break
    assert place > 8


def test_after_a_loss_of_our_database_the_sums_are_right(
    server, ledger, first
):
    ledger.post()
    ledger.set(ledger.only, first, compute="5")
    ledger.post()
    again = Ledger(server.system(), first, ledger.account.project_id)
    again.only = ledger.only
    again.set(again.only, first, compute="2.5", memory="1")
    again.post()
    assert sums(server, again, first) == {
        "compute": Decimal("2.5"),
        "memory": Decimal(1),
    }
    again.set(again.only, first, compute="2.6", memory="1")
    again.post()
    assert sums(server, again, first)["compute"] == Decimal("2.6")


def test_what_was_posted_twice_at_once_is_put_right(server, ledger, first):
    ledger.post()
    for n in range(4, 29):
        ledger.set(ledger.only, first.replace(day=n), compute="1")
    # Agents whose lock broke.
    with ThreadPoolExecutor(8) as threads:
        postings = [*ledger.postings()]
        systems = [server.system() for _ in range(8)]
        [
            *threads.map(
                lambda system: [
                    system.post(ledger.account, p) for p in postings
                ],
                systems,
            )
        ]
    order = server.order(ledger.only, ledger.account)
    server.record(order, first.replace(day=20), "compute", "7", "a double")
    server.move(next_month(first))
    bill = ledger.close()
    after = server.sums(order, first, next_month(first))
    assert after["compute"] == sum(
        amounts["compute"] for amounts in bill.totals.values()
    )
    assert server.balance(ledger) == ledger.owed


def test_a_day_of_many_revisions_is_put_right(server, ledger, first):
    for n in range(60):
        ledger.set(ledger.only, first, compute=f"{n + 2}")
    ledger.post()
    order = server.order(ledger.only, ledger.account)
    server.record(order, first, "compute", "7", "a double")
    # A database of ours that knows no revision.
    again = Ledger(server.system(), first, ledger.account.project_id)
    again.set(ledger.only, first, compute="3")
    again.post()
    assert sums(server, ledger, first) == {"compute": Decimal(3)}
    server.move(next_month(first))
    ledger.close()
    assert server.balance(ledger) == ledger.owed


def test_a_month_is_closed_once(server, ledger, first):
    ledger.post()
    server.move(next_month(first))
    bill = ledger.close()
    ledger.system.close(ledger.account, bill)
    server.system().close(ledger.account, bill)
    assert server.balance(ledger) == ledger.owed


def late_items(ledger, first, second):
    """Let the second month have corrections of the first, up and down."""
    one, two = ledger.only, ledger.order()
    ledger.set(one, first.replace(day=9), memory="8", gpu="2.50")
    ledger.set(two, first.replace(day=9), compute="8")
    ledger.post()
    yield
    ledger.set(one, first.replace(day=9), memory="3.3", gpu="4")
    ledger.set(two, first.replace(day=9), compute="0")
    ledger.set(one, second, compute="1")
    ledger.post()
    yield


@pytest.mark.parametrize("is_done", [False, True])
def test_whatever_request_of_a_close_is_lost_it_bills_once(
    server, ledger, first, is_done
):
    second = next_month(first)
    story = late_items(ledger, first, second)
    next(story)
    server.move(second)
    ledger.close()
    next(story)
    server.move(next_month(second))
    for place in itertools.count(1):
        ledger.system = server.interrupted(place, is_done=is_done)
        try:
            ledger.close()
        except BillingAway:
            continue
        break
    assert place > 9
    ledger.system = server.system()
    assert server.balance(ledger) == ledger.owed


def test_what_is_older_than_kill_bill_looks_is_a_charge(server, ledger, first):
    months = [first]
    ledger.post()
    for _ in range(4):
        months.append(next_month(months[-1]))
        server.move(months[-1])
        ledger.set(ledger.only, months[-1], compute="1")
        ledger.post()
        ledger.close()
    ledger.set(ledger.only, first, compute="21.2345", other="4")
    ledger.post()
    server.move(next_month(months[-1]))
    bill = ledger.close()
    ledger.system.close(ledger.account, bill)
    # Down again: of what was charged, too.
    ledger.set(ledger.only, first, compute="0", other="0")
    months.append(next_month(months[-1]))
    ledger.post()
    server.move(next_month(months[-1]))
    bill = ledger.close()
    ledger.system.close(ledger.account, bill)
    assert server.balance(ledger) == ledger.owed


def test_what_was_never_billed_there_is_taken_off_as_a_credit(
    server, ledger, first
):
    """A month that we billed alone, before there was a Kill Bill."""
    second = next_month(first)
    ledger.month = second
    ledger.records = [
        record._replace(month=first) for record in ledger.records
    ]
    ledger.posted = len(ledger.records)
    ledger.set(ledger.only, first.replace(day=3), compute="1.2345")
    ledger.set(ledger.only, second, compute="5")
    ledger.post()
    server.move(next_month(second))
    bill = ledger.close()
    ledger.system.close(ledger.account, bill)
    assert ledger.owed == Decimal("3.00")
    assert server.balance(ledger) == ledger.owed


def test_credits_are_granted_once(server, ledger, first):
    ledger.post()
    credit = ledger.grant("12.50", "for [tests]")
    ledger.system.credit(ledger.account, credit)
    server.system().credit(ledger.account, credit)
    ledger.grant("12.50", "for [tests]")
    assert server.balance(ledger) == Decimal("-25.00")


def test_a_credit_that_another_one_names_is_granted(server, ledger):
    credit = ledger.grant("5")
    ledger.account = Ledger(server.system(), ledger.month).account
    ledger.grant("1", f"instead of [{credit.id}]")
    ledger.system.credit(ledger.account, credit)
    assert server.balance(ledger) == Decimal(-6)


def test_an_order_ends_once_and_is_not_made_again(server, ledger, first):
    ledger.post()
    server.move(first.replace(day=9))
    ledger.system.end(ledger.account, ledger.only)
    ledger.system.end(ledger.account, ledger.only)
    server.system().end(ledger.account, ledger.only)
    server.system().end(ledger.account, ledger.order())
    order = server.order(ledger.only, ledger.account)
    assert order["state"] == "CANCELLED"
    # A day of it that is settled later.
    ledger.set(ledger.only, first, compute="7")
    ledger.post()
    server.move(next_month(first))
    ledger.close()
    assert server.balance(ledger) == ledger.owed


def test_usage_of_an_order_that_ended_is_a_charge(server, ledger, first):
    """Kill Bill refuses usage after the end of an order."""
    second, third, fourth, fifth = months(first)[1:5]
    ledger.post()
    server.move(second.replace(day=3))
    ledger.close()
    ledger.system.end(ledger.account, ledger.only)
    ledger.set(ledger.only, second.replace(day=2), compute="1.0050")
    ledger.set(ledger.only, second.replace(day=3), compute="1.0030")
    ledger.set(ledger.only, second.replace(day=9), compute="50.0050", gpu="3")
    ledger.post()
    server.move(third.replace(day=3))
    bill = ledger.close()
    server.system().close(ledger.account, bill)
    assert server.balance(ledger) == ledger.owed
    # Corrected, up and down; and of a month that had none.
    ledger.set(ledger.only, second.replace(day=9), compute="7", gpu="4")
    server.move(fourth.replace(day=3))
    ledger.close()
    ledger.set(ledger.only, third.replace(day=9), compute="5")
    server.move(fifth.replace(day=3))
    bill = ledger.close()
    server.system().close(ledger.account, bill)
    assert server.balance(ledger) == ledger.owed


def test_an_order_that_was_cancelled_there_is_charged(server, ledger, first):
    """By hand, which the driver does not know before it is refused."""
    ledger.post()
    server.move(first.replace(day=5))
    server.system().end(ledger.account, ledger.only)
    ledger.set(ledger.only, first.replace(day=9), compute="5")
    with pytest.raises(BillingRefused, match="POST /usages: "):
        ledger.post()
    ledger.post()
    server.move(next_month(first))
    ledger.close()
    assert server.balance(ledger) == ledger.owed


def test_months_that_were_missed_are_made_one_by_one(server, first):
    """Kill Bill was away for half a year."""
    january, february, march, *_, july = months(first)[:7]
    server.move(july)
    ledger = Ledger(server.system(), january)
    order = ledger.order()
    ledger.set(order, january, compute="1.2345", gpu="0.0030")
    ledger.post()
    ledger.close()
    ledger.set(order, january, compute="3.0050", gpu="2")
    ledger.set(order, february, compute="1.2345")
    ledger.post()
    ledger.close()
    ledger.set(order, january, compute="1.0050", gpu="2")
    ledger.set(order, february, compute="5")
    ledger.set(order, march, compute="1.2345")
    ledger.post()
    ledger.close()
    assert server.balance(ledger) == ledger.owed


def test_usage_that_was_billed_is_never_lowered(server, ledger, first):
    """An agent without a lock posts between our look and the invoice."""
    ledger.post()
    server.move(next_month(first))
    order = server.order(ledger.only, ledger.account)
    bill = ledger.bill()
    client = InterruptedClient(server.options())
    system = KillBill(client, PLAN, CURRENCY)
    call = client.call

    def late_call(method, path, body=None, **query):
        if path == "/invoices":
            server.record(order, first, "compute", "7", "a double")
        return call(method, path, body, **query)

    client.call = late_call
    with pytest.raises(BillingRefused, match=r"13\.70 by Kill Bill"):
        system.close(ledger.account, bill)
    for _ in range(2):
        with pytest.raises(BillingRefused, match=r"billed 13\.7035"):
            server.system().close(ledger.account, bill)
    assert sums(server, ledger, first)["compute"] == Decimal("8.2345")
    server.void(ledger.account)
    ledger.close()
    assert server.balance(ledger) == ledger.owed


@pytest.mark.parametrize(
    "reason", ["why " * 500, "\xe4 \U0001f600", "x" * 255]
)
def test_a_credit_of_any_reason_is_granted(server, ledger, reason):
    credit = ledger.grant("3", reason)
    server.system().credit(ledger.account, credit)
    assert server.balance(ledger) == Decimal(-3)


def test_an_account_that_is_parked_is_told(server, ledger, first):
    ledger.post()
    second = next_month(first)
    server.move(second)
    ledger.close()
    order = server.order(ledger.only, ledger.account)
    server.record(order, first, "compute", "-1", "by hand")
    ledger.set(ledger.only, second, compute="1")
    ledger.post()
    server.move(next_month(second))
    with pytest.raises(BillingRefused, match="Expected usage"):
        ledger.close()
    server.record(order, first, "compute", "1", "by hand again")
    ledger.close()
    assert server.balance(ledger) == ledger.owed


def test_what_it_bills_beside_us_is_told(server, ledger, first):
    ledger.post()
    other = Ledger(server.system(), first, ledger.account.project_id)
    other.set(other.order(), first, storage="4")
    other.post()
    server.move(next_month(first))
    with pytest.raises(BillingRefused) as caught:
        ledger.close()
    assert str(caught.value).endswith("storage: 0 by us, 4.00 by Kill Bill")


def test_a_currency_that_is_not_that_of_the_tariff_is_refused(server, ledger):
    system = KillBill(server.client, PLAN, "USD")
    with pytest.raises(BillingRefused, match="currency is USD"):
        system.close(ledger.account, ledger.bill())


@pytest.mark.parametrize(
    ("name", "value"),
    [("billCycleDayLocal", 31), ("timeZone", "America/New_York")],
)
def test_an_account_with_other_months_is_refused(server, ledger, name, value):
    settings = {
        "currency": CURRENCY,
        "timeZone": "UTC",
        "billCycleDayLocal": 1,
        name: value,
    }
    key = ledger.account.project_id
    server.client.call(
        "POST", "/accounts", {"name": key, "externalKey": key, **settings}
    )
    with pytest.raises(BillingRefused, match=f"its {name} is {value}"):
        ledger.post()


def test_an_order_of_another_plan_is_refused(server, ledger):
    server.upload(catalog.xml("another", CURRENCY).replace("2020-", "2021-"))
    other = KillBill(server.client, "another", CURRENCY)
    ledger.system, ours = other, ledger.system
    ledger.post()
    ledger.system, ledger.posted = ours, 0
    with pytest.raises(BillingRefused, match="is of plan another"):
        ledger.post()


def test_a_unit_that_lacks_is_named_at_start(server):
    assert KillBill(server.client, "none", CURRENCY).faults() == [
        "[killbill] plan: the catalogue has no plan none"
    ]
    assert len(KillBill(server.client, PLAN, "USD").faults()) == 6
    xml = catalog.xml(PLAN, CURRENCY).replace("2020-", "2021-")
    server.upload(
        xml.replace("gpu", "vgpu").replace(
            "<unit>memory</unit>\n              <size>0.0001",
            "<unit>memory</unit>\n              <size>1",
        )
    )
    assert server.system().faults() == [
        "[killbill] plan: memory of concertim-monthly is in blocks of 1, not "
        "of 0.0001",
        "[killbill] plan: concertim-monthly has no unit gpu",
    ]


@pytest.mark.parametrize("secret", ["s3cr3t", "s3cr3t\u20ac"])
@pytest.mark.parametrize(
    "name", ["username", "password", "api_key", "api_secret"]
)
def test_who_is_not_let_in_is_told_without_a_secret(
    server, ledger, name, secret
):
    ledger.system = server.system(**{name: secret})
    with pytest.raises(BillingAway, match="does not let us in") as caught:
        ledger.post()
    assert "s3cr3t" not in str(caught.value)
    assert "s3cr3t" not in repr(server.options(**{name: "s3cr3t"})) or (
        name == "username"
    )
    [fault] = ledger.system.faults()
    assert "[killbill]" in fault
