"""The openstack command, and what teams owe and have left."""

from decimal import Decimal

import pytest

from tests.functional.api import billing

from .conftest import MATHS, PHYSICS, OpenStack


@pytest.fixture(scope="module")
def openstack(live_api, home):
    url, services = live_api("[api]", "auth_strategy = noauth")
    billing.billed(services, PHYSICS, MATHS)
    return OpenStack(home, "--os-auth-type", "none", "--os-endpoint", url)


@pytest.fixture(scope="module")
def invoice(openstack):
    (row,) = openstack.json("invoice", "list", "--project", "physics")
    return row


def test_an_invoice_with_its_items(openstack, invoice):
    assert (invoice["month"], invoice["state"]) == ("2026-10-01", "closed")
    assert invoice["project"] == "physics"
    shown = openstack.json("invoice", "show", invoice["id"][:8])
    assert shown["total"] == invoice["total"]
    items = [Decimal(item["amount"]) for item in shown["items"]]
    assert sum(items) == Decimal(shown["subtotal"]) > 0
    table = openstack("invoice", "show", invoice["id"]).out
    assert f"2026-10 compute of {billing.PHYSICS}: {items[0]}" in table


def test_invoices_of_a_month(openstack):
    everything = ("invoice", "list", "--all-projects", "--state", "closed")
    rows = openstack.json(*everything, "--month", "2026-10")
    assert {row["project_id"] for row in rows} == {PHYSICS, MATHS}
    assert openstack.json(*everything, "--month", "2026-09") == []
    refused = openstack(*everything, "--month", "October")
    assert refused.status == 2
    assert "'October' is not a month; write 2026-11" in refused.err


def test_a_draft(openstack):
    draft = openstack.json("invoice", "draft", "--project", "physics")
    assert draft["month"] == "2026-11-01"
    assert draft["state"] in ("open", "settling")
    none = openstack("invoice", "draft", "--project", "nobody")
    assert none.status == 1


def test_what_is_closed_is_not_closed_again(openstack):
    answer = openstack("invoice", "close", "--month", "2026-10", "--dry-run")
    assert answer.err == "No months that are over and open.\n"
    rows = openstack.json(
        "invoice", "close", "--month", "2026-11", "--dry-run"
    )
    assert {row["month"] for row in rows} == {"2026-11-01"}
    assert {row["state"] for row in rows} == {"open"}
    assert all(row["hindrance"] for row in rows)


def test_a_dispute(openstack, invoice):
    for verb, state in (("dispute", "disputed"), ("resolve", "closed")):
        row = openstack.json(
            *("invoice", verb, invoice["id"], "--reason", f"to {verb}")
        )
        assert (row["state"], row["reason"]) == (state, f"to {verb}")


def test_a_credit_is_granted_once(openstack):
    account = ("account", "show", billing.BIOLOGY)
    before = Decimal(openstack.json(*account)["balance"])
    grant = ("credit", "grant", "1000", "--project", "maths")
    why = ("--reason", "ticket 4711", "--key", "t-4711")
    credit = openstack.json(*grant, *why)
    assert (credit["amount"], credit["project"]) == ("1000.00", "maths")
    assert openstack.json(*grant, *why)["id"] == credit["id"]
    (row,) = openstack.json("credit", "list", "--all-projects")
    assert row["id"] == credit["id"]
    after = Decimal(openstack.json(*account)["balance"])
    assert 999 < after - before <= 1000
    assert "1000.00" in openstack("credit", "list", "--project", "maths").out


def test_what_each_day_was_charged(openstack):
    records = ("usage", "record", "list", "--project", "physics")
    rows = openstack.json(*records, "--month", "2026-10")
    assert rows[0]["day"] > rows[-1]["day"]
    (row,) = openstack.json(*records, "--day", "2026-10-02")
    assert row["order_id"] == billing.PHYSICS
    assert row["amounts"].keys() >= {"compute"}
    rest = openstack(*records, "--limit", "1").err
    assert rest.startswith("There is more: --marker ")
