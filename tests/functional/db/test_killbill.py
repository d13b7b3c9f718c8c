"""The agent's job and a Kill Bill: whatever fails, it bills what we bill."""

import itertools
from datetime import timedelta

import pytest

from concertim_api.billing.killbill import catalog
from concertim_api.billing.killbill.client import Client, Options
from concertim_api.billing.killbill.driver import KillBill
from concertim_api.services.billing.system import BillingAway
from tests.contract.killbill import Server
from tests.functional.db.test_invoices import (
    APRIL_IS_DUE,
    MARCH_IS_DUE,
    MAY_IS_DUE,
)
from tests.functional.db.test_postings import PostingSite
from tests.functional.db.test_settlement import DAY, P1, P2, Killed

PLAN = "concertim-monthly"


class FailingClient(Client):
    """Fails at one of its requests, before or after it is done."""

    failure = None
    calls = 0

    def call(self, method, path, body=None, **query):
        FailingClient.calls += 1
        place, is_done, error = FailingClient.failure or (0, False, None)
        is_now = place == FailingClient.calls
        if is_now and not is_done:
            raise error
        answer = super().call(method, path, body, **query)
        if is_now:
            raise error
        return answer


class KillBillSite(PostingSite):
    """The same two teams, which a Kill Bill bills."""

    def __init__(self, url, *arguments):
        super().__init__(*arguments)
        key = str(self.at(0).timestamp())
        self.options = Options(url, "admin", "password", key, key)
        self.client = Client(self.options)
        tenant = {"externalKey": key, "apiKey": key, "apiSecret": key}
        self.client.call("POST", "/tenants", tenant)
        self.client._http.post(
            f"{url}/1.0/kb/catalog/xml",
            data=catalog.xml(PLAN, "EUR"),
            headers={"Content-Type": "text/xml"},
        ).raise_for_status()

    def poster(self):
        """A new agent, which knows nothing."""
        self.system = KillBill(FailingClient(self.options), PLAN, "EUR")
        return super().poster()

    def owed(self, project="p1"):
        """Return what Kill Bill says."""
        account = self.client.get(
            "/accounts",
            externalKey=project,
            accountWithBalanceAndCBA="true",
        )
        return account["accountBalance"]

    def billed(self, account=P1):
        """Return what we say."""
        invoices = sum(invoice.total for invoice in self.invoices(account))
        return invoices - self.store.balances.granted(account)


@pytest.fixture
def url():
    server = Server()
    yield server.url
    server.shutdown()
    server.server_close()


@pytest.fixture
def site(url, store, recorder, tell, at):
    FailingClient.failure, FailingClient.calls = None, 0
    site = KillBillSite(url, store, recorder, tell, at)
    site.settle(0)
    site.post()
    return site


def move(site, seconds):
    """Let time pass for us and for Kill Bill; settle and close."""
    site.close(seconds)
    site.client.call(
        "POST", "/test/clock", requestedDate=site.clock.time.isoformat()
    )


def test_three_months_and_what_came_late(site):
    site.server(0)
    site.server(DAY, "s2", project="p2")
    site.grant("100")
    move(site, MARCH_IS_DUE)
    site.post_all()
    assert site.owed() == site.billed() > 0
    site.server(3 * DAY, "late")
    site.server(5 * DAY, "late", "gone")
    site.server(9 * DAY, "s2", "gone", project="p2")
    move(site, APRIL_IS_DUE)
    site.post_all()
    assert site.owed() == site.billed()
    assert site.owed("p2") == site.billed(P2)
    site.server(2 * DAY, "later")
    move(site, MAY_IS_DUE)
    site.post_all()
    assert site.owed() == site.billed()
    assert site.waiting() == 0


def test_a_day_costs_one_request_of_an_order_and_three_of_an_account(site):
    site.server(0)
    site.settle(3 * DAY)
    site.post()
    FailingClient.calls = 0
    site.settle(4 * DAY)
    site.post()
    assert FailingClient.calls == 3 + 1


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", [Killed, BillingAway])
def test_whatever_request_is_the_last_of_an_agent(site, error, is_done):
    """Each agent fails at its next request, before or after it is done."""
    site.server(0)
    site.server(2 * DAY, "s1", "gone")
    site.server(28 * DAY, "s2")
    site.server(33 * DAY, "s2", "gone")
    site.grant("10")
    for due, late in ((MARCH_IS_DUE, True), (APRIL_IS_DUE, False)):
        move(site, due)
        for place in itertools.count(1):
            FailingClient.failure = (place % 19 + 1, is_done, error("lost"))
            FailingClient.calls = 0
            try:
                outcome = site.post()
            except Killed:
                outcome = None
            site.clock.time += timedelta(hours=1)
            if outcome and outcome.idle and not site.waiting():
                break
            assert place < 400
        FailingClient.failure = None
        site.post_all()
        assert site.owed() == site.billed() != 0
        if late:
            site.server(27 * DAY, "s2")
            site.server(DAY, "s1", "gone")
