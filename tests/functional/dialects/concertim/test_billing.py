"""What is asked of billing: credits, orders and invoices."""

from __future__ import annotations

import dataclasses as dc
import uuid
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest

from concertim_api.bootstrap import drivers
from concertim_api.services.billing.orders import AgentOrders
from concertim_api.services.billing.settlement import Settler
from concertim_api.services.common.listing import EVERY_PROJECT, Listing
from concertim_api.services.jobs.job import Call
from tests.fakes.clock import Clock
from tests.functional import built
from tests.functional.api import tariffs
from tests.functional.dialects.concertim.callers import FrontEnd
from tests.functional.dialects.concertim.conftest import JWT_SECRET

START = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(cloud):
    """The time of the cloud and of all services, from before the stage is
    built."""
    clock = Clock(START)
    cloud.site.now = clock.now
    with (
        mock.patch.object(built._MODULE, "SystemClock", return_value=clock),
        mock.patch.object(drivers, "SystemClock", return_value=clock),
    ):
        yield clock


def ask(stage, path, status=201, **body):
    return stage.ask("POST", path, status, body, env={})


def team(stage):
    made = stage.ask("POST", "/team", body={"name": "bob_team"})
    tariffs.load(stage.services, made["project_id"])
    return made


def deposit(stage, account, amount, status=201):
    body = {"billing_acct_id": account, "amount": amount}
    return ask(stage, "/credits", status, credits=body)


def credits_of(stage, account):
    body = {"billing_account_id": account}
    return ask(stage, "/get_credits", credits=body)["credits"]


def order(stage, account, status=201):
    body = {"billing_account_id": account}
    return ask(stage, "/create_order", status, order=body)


def tag(stage, order_id, name, value, status=201):
    body = {"order_id": order_id, "tag_name": name, "tag_value": value}
    return ask(stage, "/add_order_tag", status, tag=body)


@pytest.fixture
def account(stage):
    return team(stage)["billing_acct_id"]


def test_a_team_has_one_account(stage, account):
    """Before any agent has heard of it, and whoever asks again."""
    (row,) = stage.services.store.accounts.all()
    assert row.id == account
    again = stage.ask("POST", "/team", body={"name": "bob_team"})
    assert again["billing_acct_id"] == account
    assert len(stage.services.store.accounts.all()) == 1


@pytest.mark.parametrize("amount", [30.25, "30.25"])
def test_credits_are_added(stage, account, amount):
    assert credits_of(stage, account) == 0
    assert deposit(stage, account, amount)["credits"] == 30.25
    assert credits_of(stage, account) == 30.25


@pytest.mark.parametrize("amount", [0, -5, 0.001, 1e30, True, [], "much"])
def test_what_is_no_amount(stage, account, amount):
    error = deposit(stage, account, amount, 400)
    assert error["message"].startswith("amount: ")


def test_an_order_needs_credits(stage, account):
    deposit(stage, account, 24.99)
    error = order(stage, account, 402)
    assert error["error"] == "InsufficientCredits"
    assert "needs 25 credits; the account has 24.99" in error["message"]
    deposit(stage, account, "0.01")
    assert uuid.UUID(order(stage, account)["order"])


def test_the_threshold_is_configured(stage):
    stage.again(credit_threshold=25.5)
    account = team(stage)["billing_acct_id"]
    deposit(stage, account, 25)
    order(stage, account, 402)
    deposit(stage, account, 0.5)
    order(stage, account)


def test_orders_are_tagged_and_closed(stage, account):
    deposit(stage, account, 100)
    one = order(stage, account)["order"]
    two = order(stage, account)["order"]
    for _ in range(2):
        tag(stage, one, "openstack_stack_id", "s1")
        tag(stage, one, "openstack_stack_name", "c1--token")
    stored = stage.services.orders.get(EVERY_PROJECT, one)
    assert (stored.state, stored.stack_id) == ("live", "s1")
    assert stored.tags["openstack_stack_name"] == "c1--token"
    assert tag(stage, two, "openstack_stack_id", "s1", 409)["message"]
    tag(stage, two, "name", "x" * 256, 400)
    for _ in range(2):
        body = {"order_id": two}
        assert ask(stage, "/delete_order", order=body)["order"] == two
    assert stage.services.orders.get(EVERY_PROJECT, two).state == "closed"


def test_what_there_is_not(stage):
    nobody = {"billing_acct_id": "x", "billing_account_id": "x"}
    team(stage)
    deposit(stage, "x", 5, 404)
    ask(stage, "/get_credits", 404, credits=nobody)
    order(stage, "x", 404)
    ask(stage, "/delete_order", 404, order={"order_id": "x"})
    tag(stage, "x", "openstack_stack_id", "s1", 404)
    ask(stage, "/get_draft_invoice", 404, invoice=nobody)


def test_nothing_is_to_be_billed(stage):
    """204 is what the front end takes for it, without a tariff, too."""
    project = stage.ask("POST", "/team", body={"name": "bob_team"})
    body = {"billing_acct_id": project["billing_acct_id"]}
    ask(stage, "/get_draft_invoice", 204, invoice=body)
    tariffs.load(stage.services)
    ask(stage, "/get_draft_invoice", 204, invoice=body)


# The whole path


@pytest.fixture
def front_end(stage):
    def send(method, path, headers, body):
        stage.secrets.add(headers["Authorization"].partition(" ")[2])
        headers = {n.replace("-", "_"): v for n, v in headers.items()}
        answer = stage.send(method, path, body, **headers)
        kind = answer.headers.get("Content-Type", "")
        return answer.status_int, kind, answer.body

    return FrontEnd(send, JWT_SECRET, stage.operator)


def agent(stage, clock):
    """Do what an agent does for billing until there is nothing to do."""
    services, call = stage.services, Call(clock.now())
    store = services.store
    AgentOrders(
        store.accounts,
        store.orders,
        store.view,
        store.settlements,
        clock,
        timedelta(),
    ).run(call)
    settler = Settler(
        store.settlements, services.rated_usage, clock, timedelta()
    )
    while settler.run(call).summary["settled"]:
        pass
    dc.replace(services.month_close, clock=clock).run(call)


def test_from_the_sign_up_to_the_invoice(stage, front_end, clock):
    """Sign-up, team, credits, the builder's calls, order, stack, rack with
    order, usage, invoice."""
    password = stage.secret()
    user_id = front_end.sign_up("bob", password)
    bobs = front_end.create_team("bob_team")
    front_end.grant(bobs, user_id, "admin")
    tariffs.load(stage.services, bobs["project_id"])
    account = bobs["billing_acct_id"]
    front_end.deposit(bobs, 100)
    # the builder
    assert int(credits_of(stage, account)) > 0
    order_id = order(stage, account)["order"]
    site = stage.cloud.site
    project = site.projects[bobs["project_id"]]
    stack = site.add_stack(project, "c1--token")
    node = site.add_server(project, "n1")
    site.add_resource(stack, "n1", "OS::Nova::Server", node["id"])
    tag(stage, order_id, "openstack_stack_id", stack["id"])
    tag(stage, order_id, "openstack_stack_name", "c1--token")
    # the agent
    stage.show()
    (rack,) = stage.services.racks.list(EVERY_PROJECT, Listing()).rows
    assert rack.id == stack["id"]
    agent(stage, clock)
    (row,) = stage.services.orders.list(EVERY_PROJECT, Listing()).rows
    assert (row.id, row.state, row.made_by) == (order_id, "live", "caller")
    # ten days of November: 24.00 less 10 %, and VAT
    clock.advance(days=10)
    draft = front_end.draft_invoice(bobs)
    assert (draft["status"], draft["invoice_number"]) == ("DRAFT", None)
    assert front_end.invoices(bobs) == []
    clock.advance(days=3)
    agent(stage, clock)
    (invoice,) = front_end.invoices(bobs)
    assert invoice["status"] == "COMMITTED"
    assert invoice["account_id"] == account
    assert invoice["amount"] == draft["amount"] == 25.7
    assert credits_of(stage, account) == 66.59  # less December's 7.71
    check_items(stage, invoice, account)


def check_items(stage, invoice, account):
    body = {
        "billing_acct_id": account,
        "invoice_id": invoice["invoice_id"],
    }
    full = ask(stage, "/get_account_invoice", invoice=body)["invoice"]
    assert {**full, "items": {}} == invoice
    items = full["items"].values()
    names = {i["openstack_stack_name"]: i["amount"] for i in items}
    assert names == {"c1--token": 21.6, "VAT": 4.1}
    for item in items:
        assert (item["type"], item["currency"]) == ("cost", "EUR")
        assert item["start_date"] == "2026-11-01"
        assert item["end_date"] == "2026-11-30"
    eves = stage.ask("POST", "/team", body={"name": "eve_team"})
    body["billing_acct_id"] = eves["billing_acct_id"]
    ask(stage, "/get_account_invoice", 404, invoice=body)
    for first, count in ((0, 1), (1, 0)):
        page = {"billing_acct_id": account, "offset": str(first)}
        answer = ask(stage, "/list_paginated_invoices", invoices=page)
        assert answer["total_invoices"] == 1
        assert len(answer["invoices"]) == count
    page["offset"] = "-1"
    ask(stage, "/list_paginated_invoices", 400, invoices=page)
