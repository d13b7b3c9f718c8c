"""The picture of a rack with what it costs: how much, and to whom."""

import pytest
import webtest
from oslo_policy import policy

from concertim_api import bootstrap
from tests.functional.api import conftest, tariffs, view

AT = "at=2026-11-10T08:00:00Z"
HEADERS = {"OpenStack-API-Version": "concertim 1.4"}


@pytest.fixture
def racks(services):
    view.shown(services)


@pytest.fixture
def rated(services, racks):
    tariffs.load(services)


def picture(client, query=AT, rack="k1", **headers):
    path = f"/v1/racks/{rack}.svg?costs=true&{query}"
    return client.get(path, headers={**HEADERS, **headers}).text


def costs(client, start, end, **headers):
    answer = client.get(
        f"/v1/costs?start={start}&end={end}&rack_id=k1&group_by=resource_id",
        headers={**HEADERS, **headers},
    ).json
    by_id = {row["resource_id"]: row["amount"] for row in answer["costs"]}
    return answer["amount"], by_id


def test_it_has_the_costs_of_the_month(client, rated):
    whole, by_id = costs(client, "2026-11-01", "2026-11-10T08:00:00Z")
    assert float(whole) > float(by_id["n1"]) > 0
    drawn = picture(client)
    assert f"{float(whole):,.2f} EUR since 2026-11-01" in drawn
    assert f"{float(by_id['n1']):,.2f} EUR · m1.middle" in drawn


def test_now_it_has_the_month_up_to_now(client, rated):
    assert " EUR since 20" in picture(client, "region=RegionOne")


def test_without_a_tariff_it_has_none(client, racks):
    assert "EUR" not in picture(client)
    assert "hours have no price" not in picture(client)


def test_who_sees_no_rack_sees_no_costs(client, rated, biology):
    client.get(
        f"/v1/racks/k1.svg?costs=true&{AT}",
        headers={**HEADERS, **biology},
        status=404,
    )


@pytest.mark.parametrize(
    ("rules", "is_shown"),
    [
        ('"concertim:costs:show": "role:accountant"\n', False),
        ('"concertim:costs:show_all": "role:accountant"\n', True),
    ],
)
def test_who_may_not_see_costs_sees_the_rack(
    conf, services, rated, physics, tmp_path, rules, is_shown
):
    (tmp_path / "policy.yaml").write_text(rules)
    policy.Enforcer(conf)  # which registers its options
    conf.set_override(
        "policy_file", str(tmp_path / "policy.yaml"), "oslo_policy"
    )
    application = bootstrap.api(conf, services)
    client = webtest.TestApp(application, extra_environ=conftest.LOOPBACK)
    drawn = picture(client, **physics)
    assert "name-of-n1" in drawn
    assert ("EUR" in drawn) is is_shown
