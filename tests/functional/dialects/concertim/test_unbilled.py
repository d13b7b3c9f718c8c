"""What is asked of billing while nothing is billed."""

from __future__ import annotations

import uuid

import pytest

ACCOUNT = str(uuid.uuid4())

ORDERS = [
    ("/get_credits", {"credits": {"billing_account_id": ACCOUNT}}),
    ("/create_order", {"order": {"billing_account_id": ACCOUNT}}),
    ("/delete_order", {"order": {"order_id": "o1"}}),
    (
        "/add_order_tag",
        {
            "tag": {
                "order_id": "o1",
                "tag_name": "openstack_stack_id",
                "tag_value": "s1",
            }
        },
    ),
]
CREDIT = ("/credits", {"credits": {"billing_acct_id": ACCOUNT, "amount": 5}})


@pytest.fixture(autouse=True)
def unbilled(conf):
    conf.set_override("driver", "none", "billing")


def ask(stage, path, body, status=201):
    return stage.ask("POST", path, status, body, env={})


@pytest.mark.parametrize(("path", "body"), [*ORDERS, CREDIT])
def test_what_needs_billing_says_so(stage, path, body):
    told = ask(stage, path, body, 501)
    assert told["error"] == "BillingNotConfigured"
    assert "unbilled_credits" in told["message"]


@pytest.mark.parametrize(("path", "body"), [*ORDERS, CREDIT])
def test_what_is_missing_is_said_first(stage, path, body):
    ((_, inner),) = body.items()
    for name in inner:
        less = {n: v for n, v in inner.items() if n != name}
        told = ask(stage, path, {next(iter(body)): less}, 415)
        assert told["message"].endswith(f": {name}")


def test_a_cluster_is_launched_without_billing(stage):
    """What the cluster builder asks, in its order."""
    stage.again(unbilled_credits=100.0)
    credits, create, delete, tag = (body for _, body in ORDERS)
    told = ask(stage, "/get_credits", credits)
    assert told == {"success": True, "credits": 100.0}
    assert int(told["credits"]) > 0
    order = ask(stage, "/create_order", create)["order"]
    assert uuid.UUID(order)
    assert order != ask(stage, "/create_order", create)["order"]
    tag["tag"]["order_id"] = order
    assert uuid.UUID(ask(stage, "/add_order_tag", tag)["tag"])
    delete["order"]["order_id"] = order
    assert ask(stage, "/delete_order", delete)["order"] == order
    ask(stage, *CREDIT, status=501)


def test_there_are_no_invoices(stage):
    draft = {
        "invoice": {"billing_acct_id": ACCOUNT, "target_date": "2026-11-30"}
    }
    assert ask(stage, "/get_draft_invoice", draft, 204) is None
    listing = {
        "invoices": {"billing_acct_id": ACCOUNT, "offset": 0, "limit": "100"}
    }
    assert ask(stage, "/list_paginated_invoices", listing) == {
        "success": True,
        "total_invoices": 0,
        "invoices": [],
    }
    one = {"invoice": {"billing_acct_id": ACCOUNT, "invoice_id": "i1"}}
    told = ask(stage, "/get_account_invoice", one, 404)
    assert told["error"] == "NotFound"


def test_the_account_that_the_front_end_sent_is_kept(stage):
    team = stage.ask("POST", "/team", body={"name": "bob_team"})
    uuid.UUID(team["billing_acct_id"])
    again = stage.ask(
        "POST", "/team", body={"name": "bob_team", "billing_acct_id": "acc-1"}
    )
    assert again == {**team, "billing_acct_id": "acc-1"}
