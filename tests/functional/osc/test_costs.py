"""Costs and charges, by the real command."""

from decimal import Decimal

import pytest

from tests.functional.api import tariffs

from .conftest import MATHS, PHYSICS, OpenStack

WINDOW = ("--start", "2026-03-02", "--end", "2026-03-05")


@pytest.fixture(scope="module")
def openstack(live_api, home):
    url, services = live_api("[api]", "auth_strategy = noauth")
    tariffs.load(services, PHYSICS, MATHS)
    return OpenStack(home, "--os-auth-type", "none", "--os-endpoint", url)


@pytest.fixture(scope="module")
def without_tariff(live_api, home):
    url, _ = live_api("[api]", "auth_strategy = noauth")
    return OpenStack(home, "--os-auth-type", "none", "--os-endpoint", url)


def test_costs_by_project(openstack):
    rows = openstack.json("cost", "show", "--all-projects", *WINDOW)
    physics = next(row for row in rows if row["project_id"] == PHYSICS)
    assert physics["project"] == "physics"
    assert Decimal(physics["amount"]) > 0
    answer = openstack("cost", "show", "--all-projects", *WINDOW)
    assert answer.head == ["project", "amount"]
    assert answer.err.startswith("From 2026-03-02T00:00:00Z to 2026-03-05T")
    total, unsettled = answer.err.splitlines()
    assert total.endswith(" EUR.")
    assert unsettled.endswith(" of it is of days that are not settled yet.")


def test_groups_add_up_to_the_same(openstack):
    window = ("--all-projects", *WINDOW)
    (whole,) = {
        sum(Decimal(row["amount"]) for row in rows)
        for rows in (
            openstack.json("cost", "show", "--by", by, *window)
            for by in ("project", "kind,unit", "day,resource", "rule,type")
        )
    }
    assert whole > 0


def test_a_bar_for_each_amount(openstack):
    window = ("--all-projects", *WINDOW, "--by", "resource", "--plot")
    bars = {
        Decimal(row["amount"]): len(row["plot"])
        for row in openstack.json("cost", "show", *window)
    }
    assert bars[max(bars)] == 30
    assert [bars[amount] for amount in sorted(bars)] == sorted(bars.values())


def test_the_costs_of_a_resource(openstack):
    one = (
        "cost",
        "show",
        "--resource",
        "id-of-web",
        *WINDOW,
        "--all-projects",
    )
    (row,) = openstack.json(*one)
    assert row["amount"] == "10.8000"
    assert openstack.json(*one, "--rack", "k1") == []


def test_charges_say_why(openstack):
    query = ("--resource", "id-of-web", "--all-projects", *WINDOW)
    first, second, third = openstack.json("charge", "list", *query)
    assert (first["rule"], first["quantity"]) == ("all", "12.000000")
    assert (first["price"], first["amount"]) == ("0.10", "1.0800000000")
    assert (first["state"], second["state"]) == ("active", "stopped")
    (dearest,) = openstack.json(
        *("charge", "list", *query, "--sort", "amount:desc", "--limit", "1")
    )
    assert dearest == third
    table = openstack("charge", "list", *query)
    assert "| 1.08" in table.out


def test_without_a_tariff_nothing_has_a_price(without_tariff):
    answer = without_tariff("cost", "show", "--all-projects", *WINDOW)
    assert answer.err == "There is no tariff: nothing has a price.\n"
    assert answer.head == ["project", "amount", "unpriced_hours"]


def test_a_group_that_is_none(openstack):
    answer = openstack("cost", "show", "--by", "colour")
    assert answer.status == 2
    assert "'colour' is not one of project, rack, resource" in answer.err
