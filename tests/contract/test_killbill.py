"""What Kill Bill answers: a real one, and the one of our tests.

The driver relies on each of these; the promises of ``test_billing`` would
not say which one has changed.
"""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from concertim_api.domain.billing.invoices import next_month
from tests.contract import test_billing
from tests.contract.test_billing import CURRENCY, PLAN

fake, real = test_billing.fake, test_billing.real
server, first = test_billing.server, test_billing.first


class Tenant:
    """A tenant with an account, whose requests are answered as they come."""

    def __init__(self, server, first):
        self.server, self.first = server, first
        self.key = str(uuid.uuid4())
        self.account = {
            "name": self.key,
            "externalKey": self.key,
            "currency": CURRENCY,
            "timeZone": "UTC",
            "billCycleDayLocal": 1,
        }
        self.ask("POST", "/accounts", self.account)
        document = server.client.get("/accounts", externalKey=self.key)
        self.account_id = document["accountId"]
        # It is invoiced when it is asked for only.
        tag = "00000000-0000-0000-0000-000000000002"
        self.ask("POST", f"/accounts/{self.account_id}/tags", [tag])

    def ask(self, method, path, body=None, **query):
        """Return the status of an answer, and the code of its document."""
        response = self.server.client._http.request(
            method,
            f"{self.server.url}/1.0/kb{path}",
            params=query,
            json=body,
            timeout=60,
        )
        try:
            document = response.json()
        except ValueError:
            return response.status_code, None
        is_error = isinstance(document, dict) and "code" in document
        return response.status_code, document["code"] if is_error else None

    def order(self, key, plan=PLAN):
        midnight = f"{self.first}T00:00:00.000Z"
        return self.ask(
            "POST",
            "/subscriptions",
            {
                "accountId": self.account_id,
                "planName": plan,
                "externalKey": key,
                "bundleExternalKey": key,
            },
            entitlementDate=midnight,
            billingDate=midnight,
        )

    def order_id(self, key):
        path = f"/accounts/{self.account_id}/bundles"
        [order_id] = [
            order["subscriptionId"]
            for bundle in self.server.client.get(path)
            for order in bundle["subscriptions"]
            if order["externalKey"] == key
        ]
        return order_id

    def record(self, order_id, tracking_id, *records):
        """Record usage: of a day, a unit and an amount each."""
        units = [
            {
                "unitType": unit,
                "usageRecords": [{"recordDate": str(day), "amount": amount}],
            }
            for day, unit, amount in records
        ]
        body = {"subscriptionId": order_id, "trackingId": tracking_id}
        return self.ask("POST", "/usages", {**body, "unitUsageRecords": units})

    def sums(self, order_id, first, end):
        return self.server.sums({"subscriptionId": order_id}, first, end)

    def invoice(self, target):
        return self.ask(
            "POST",
            "/invoices",
            accountId=self.account_id,
            targetDate=str(target),
        )

    def credit(self, amount, currency=CURRENCY):
        body = {
            "accountId": self.account_id,
            "amount": amount,
            "currency": currency,
            "description": "gift",
        }
        return self.ask("POST", "/credits", [body], autoCommit="true")


@pytest.fixture
def tenant(server, first):
    return Tenant(server, first)


@pytest.fixture
def order_id(tenant):
    """An order that runs."""
    assert tenant.order("one") == (201, None)
    return tenant.order_id("one")


def test_accounts(tenant):
    assert tenant.ask("GET", "/accounts", externalKey="no") == (404, 3003)
    assert tenant.ask("POST", "/accounts", tenant.account) == (409, 3000)


def test_orders(tenant, order_id):
    assert tenant.order("one") == (400, 1015)
    assert tenant.order("two", "no-plan") == (400, 2021)
    path = f"/subscriptions/{order_id}"
    assert tenant.ask("DELETE", path) == (204, None)
    assert tenant.ask("DELETE", path) == (500, 1031)
    # Its key is taken for ever; the answer does not say so by its code.
    assert tenant.order("one") == (500, None)


def test_usage_is_taken_once(tenant, order_id):
    day, amount = tenant.first, (tenant.first, "compute", "1.5")
    assert tenant.record(order_id, "a", amount) == (201, None)
    # Nothing of the second one is recorded.
    other = (day, "gpu", "2")
    assert tenant.record(order_id, "a", amount, other) == (400, 50000)
    end = day + timedelta(1)
    assert tenant.sums(order_id, day, end) == {"compute": Decimal("1.5")}
    assert tenant.sums(order_id, day, day) == {}
    # An id is of an order.
    tenant.order("two")
    assert tenant.record(tenant.order_id("two"), "a", amount)[0] == 201
    assert tenant.record(str(uuid.uuid4()), "b", amount) == (404, None)


def test_usage_of_any_unit_day_and_sign_is_taken(tenant, order_id):
    day, end = tenant.first, tenant.first + timedelta(1)
    records = (
        (day, "compute", "-1"),
        (day, "compute", "0"),
        (day, "no-unit", "1"),
        (day - timedelta(9), "compute", "1"),
        (day + timedelta(400), "compute", "1"),
    )
    for n, record in enumerate(records):
        assert tenant.record(order_id, f"{n}", record)[0] == 201
    assert tenant.sums(order_id, day, end)["compute"] == -1


def test_usage_after_the_end_of_an_order_is_refused(tenant, order_id):
    tenant.server.move(tenant.first.replace(day=5))
    tenant.ask("DELETE", f"/subscriptions/{order_id}")
    for n, status in ((4, 201), (5, 201), (6, 400)):
        day = tenant.first.replace(day=n)
        answer = tenant.record(order_id, f"{n}", (day, "compute", "1"))
        assert answer == (status, None)


def test_invoices(tenant, order_id):
    """What is added later is billed by itself; what is taken away stops
    all."""
    second = next_month(tenant.first)
    tenant.server.move(second)
    key = {"externalKey": tenant.key, "accountWithBalanceAndCBA": "true"}

    def balance():
        return tenant.server.client.get("/accounts", **key)["accountBalance"]

    for n, (amount, status, owed) in enumerate(
        (
            ("10.0049", 201, "10.00"),
            ("0.0002", 404, "10.00"),  # 10.0051: half a coin is not there
            ("0.0046", 404, "10.00"),
            ("0.0010", 201, "10.01"),
        )
    ):
        day = tenant.first.replace(day=n + 1)
        tenant.record(order_id, f"{n}", (day, "compute", amount))
        assert tenant.invoice(second)[0] == status
        assert balance() == Decimal(owed)
    assert tenant.invoice(second) == (404, None)
    tenant.record(order_id, "less", (tenant.first, "compute", "-1"))
    assert tenant.invoice(second) == (500, None)
    tenant.record(order_id, "more", (tenant.first, "compute", "1"))
    assert tenant.invoice(second) == (404, None)


def test_credits(tenant):
    assert tenant.credit("-1") == (400, 4009)
    assert tenant.credit("1", "USD") == (400, 3)
    assert tenant.credit("1") == (200, None)


def test_what_is_not_there(tenant):
    assert tenant.ask("GET", "/nothing") == (404, None)
