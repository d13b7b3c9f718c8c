"""Tariffs, by the real command: what they say, and to whom."""

import pytest

from tests.functional.api import tariffs

from .conftest import MATHS, PHYSICS, OpenStack


@pytest.fixture(scope="module")
def logins(live_api, home):
    """The commands of an administrator, and of a reader of physics."""
    url, services = live_api("[api]", "auth_strategy = key")
    tariffs.load(services, PHYSICS, MATHS)

    def login(name, *key):
        _, secret = services.keys.create(name, *key)
        place = ("--os-endpoint", url, "--os-token", secret)
        return OpenStack(home, "--os-auth-type", "admin_token", *place)

    return {
        "admin": login("ops", ["admin"]),
        "reader": login("ann", ["reader"], PHYSICS),
    }


def test_all_see_the_list(logins):
    for name, author in (("admin", "zoe"), ("reader", None)):
        rows = logins[name].json("tariff", "list")
        assert [row["name"] for row in rows] == ["2026", "2026-2"]
        assert {row["author"] for row in rows} == {author}
    head = logins["reader"]("tariff", "list").head
    assert head[:5] == ["id", "name", "currency", "valid_from", "valid_until"]


@pytest.mark.parametrize("which", ["2", "2026-2"])
def test_the_rules_are_a_table(logins, which):
    answer = logins["reader"]("tariff", "show", which)
    assert answer.head == [
        *("unit", "name", "for", "count", "tiers", "started_hour")
    ]
    assert answer.err.splitlines() == [
        "tariff 2, 2026-2, in EUR, from 2026-01-01 on:",
        "discount of physics: 10 %",
        "tax VAT: 19 %",
    ]
    for words in (
        "kind: instance",
        "extra_spec.hw:gpu: [12]",
        "2 up to 100",
        "1.50",
        "0.25",
    ):
        assert words in answer.out
    assert "biology" not in answer.out


def test_a_first_year_ends(logins):
    answer = logins["admin"]("tariff", "show", "2026")
    assert "from 2026-01-01 to 2027-01-01:" in answer.err
    assert "discount of maths: 2.50 %" in answer.err


def test_programs_get_what_the_api_has(logins):
    rules = logins["admin"].json("tariff", "show", "2026")
    assert [rule["name"] for rule in rules] == ["biology", "all", "GPUs"]
    assert rules[0]["for"] == {"kind": "instance", "project": MATHS}
    assert rules[2]["tiers"] == [
        {"price": "2", "up_to": "100"},
        {"price": "1.50", "up_to": None},
    ]


def test_one_that_is_not_there(logins):
    for name in ("2027", "nothing"):
        answer = logins["reader"]("tariff", "show", name)
        assert answer.status == 1
        assert "HTTP 404" in answer.err
