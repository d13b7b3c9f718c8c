"""How many statements a request costs, whatever the size of its page."""

import re
from decimal import Decimal

import pytest

from concertim_api.services.common.listing import EVERY_PROJECT
from tests.functional.api import billing, cloud, tariffs, view
from tests.functional.statements import noted


@pytest.fixture
def statements(services):
    """The statements that reach the database."""
    with noted(services.store.engine) as sent:
        yield sent


@pytest.fixture
def crowd(services):
    services.recorder.record(
        [cloud.server(f"crowd-{n:03}", 60 + n) for n in range(60)]
        + [
            cloud.said(
                f"disk-{n:03}",
                60 + n,
                kind="volume",
                shape={"type": "t1", "size_gb": 1},
            )
            for n in range(60)
        ]
    )


#: Of what has no pages.
WHOLE = re.compile(r"/v1/(usage|regions|jobs|$)|/v1/\w+/|/healthcheck")


def check(client, statements, path, most):
    """Ask for pages of several sizes, if there are pages."""
    limits = ("",) if WHOLE.match(path) else ("", "limit=1", "limit=50")
    for limit in limits:
        del statements[:]
        joint = "&" if "?" in path else "?"
        client.get(path + (joint + limit if limit else ""))
        assert min(most, 1) <= len(statements) <= most, statements


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/v1/periods?kind=instance", 2),
        ("/v1/periods?kind=volume", 3),
        ("/v1/periods?type=ssd", 4),
        ("/v1/periods/1", 2),
        ("/v1/resources?kind=instance", 1),
        ("/v1/resources?kind=volume", 2),
        ("/v1/resources?at=2026-11-10", 4),
        ("/v1/resources/crowd-001", 1),
        ("/v1/resources/crowd-001/history", 2),
        ("/v1/resources/crowd-001/observations", 2),
        ("/v1/usage?start=2026-11-01&group_by=kind", 3),
        ("/v1/usage?start=2026-11-01&group_by=type,day", 4),
        ("/v1/changes", 2),
        ("/v1/corrections", 2),
        ("/v1/dead-letters", 1),
        ("/v1/regions", 1),
        ("/v1/", 0),
    ],
)
def test_statements(client, crowd, statements, path, most):
    check(client, statements, path, most)


def test_the_status_costs_eight(client, crowd, statements):
    headers = {"OpenStack-API-Version": "concertim 1.2"}
    client.get("/v1/status", headers=headers)
    assert len(statements) <= 8


@pytest.mark.parametrize("path", ["/v1/tariffs", "/v1/tariffs/2"])
def test_tariffs_cost_one(client, services, statements, path):
    tariffs.load(services)
    headers = {"OpenStack-API-Version": "concertim 1.4"}
    for _ in range(2):
        del statements[:]
        client.get(path, headers=headers)
        assert len(statements) == 1


def test_measures_cost_no_statement(client, crowd, statements):
    query = "start=2026-11-01&group_by=kind"
    measures = "&measure=a=extra_spec:b&measure=c=extra_spec:d"
    headers = {"OpenStack-API-Version": "concertim 1.1"}
    client.get(f"/v1/usage?{query}{measures}", headers=headers)
    assert len(statements) == 3


@pytest.mark.parametrize(
    ("path", "most", "of_one"),
    [
        ("/v1/accounts", 2, 12),
        ("/v1/orders", 1, 1),
        ("/v1/invoices", 1, 2),
        ("/v1/credits", 1, 1),
        ("/v1/usage-records", 1, None),
    ],
)
@pytest.mark.parametrize("limit", [1, 50])
def test_statements_of_billing(
    client, services, racks, statements, path, most, of_one, limit
):
    billing.billed(services)
    view.ordered(services)
    gift = billing.PHYSICS, Decimal(1), "gift"
    services.credits.grant(EVERY_PROJECT, "ann", *gift)
    headers = {"OpenStack-API-Version": "concertim 1.4"}
    del statements[:]
    answer = client.get(f"{path}?limit={limit}", headers=headers)
    (rows,) = (v for k, v in answer.json.items() if k != "links")
    assert len(statements) == most
    if of_one is not None:
        del statements[:]
        item = client.get(f"{path}/{rows[0]['id']}", headers=headers)
        assert item.json["id"] == rows[0]["id"]
        assert len(statements) <= of_one, statements


def test_statements_of_bills(client, services, racks, statements):
    billing.billed(services)
    headers = {"OpenStack-API-Version": "concertim 1.4"}
    invoice = client.get("/v1/invoices", headers=headers).json["invoices"][0]
    for path, most in (
        (f"/v1/invoices/{invoice['id']}.html", 5),
        (f"/v1/invoices/draft?account_id={billing.PHYSICS}", 11),
    ):
        del statements[:]
        client.get(path, headers=headers)
        assert len(statements) <= most, statements


@pytest.fixture
def racks(services):
    """A rack of sixty servers, and sixty racks more."""
    names = [f"node-{n:03}" for n in range(60)]
    members = [f"instance/{name}" for name in names]
    services.recorder.record(
        [
            *view.VIEW,
            view.stack("big", 300, *members, "volume/d1"),
            *(cloud.server(name, 301) for name in names),
            *(
                view.port(f"port-{n}", 301, name, f"10.0.1.{n}")
                for n, name in enumerate(names)
            ),
            *(
                view.floating_ip(f"198.51.100.{n}", 302, f"port-{n}")
                for n in range(60)
            ),
            *(view.stack(f"stack-{n:03}", 300) for n in range(60)),
        ]
    )
    view.settle(services)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/v1/racks", 2),
        ("/v1/racks?at=2026-11-20", 7),
        ("/v1/racks/k1", 2),
        ("/v1/racks/k1?devices=true", 3),
        ("/v1/racks/big?devices=true", 3),
        ("/v1/racks/k1?at=2026-11-20&devices=true", 17),
        ("/v1/racks/big?at=2026-11-20&devices=true", 17),
        ("/v1/racks/big.svg", 3),
        ("/v1/racks/big.svg?at=2026-11-20", 17),
        ("/v1/racks/big/history", 7),
        ("/v1/devices", 1),
        ("/v1/devices?rack_id=big&at=2026-11-20", 17),
        ("/v1/devices/node-001", 1),
        ("/v1/devices/node-001?at=2026-11-20", 25),
        ("/v1/templates", 1),
        ("/v1/templates/f1", 1),
        ("/v1/teams", 1),
        ("/v1/teams/p2", 1),
        ("/v1/users", 1),
        ("/v1/users/ann", 1),
        ("/v1/jobs", 1),
        ("/v1/pushes", 1),
        ("/v1/pushes?noun=device&state=waiting", 1),
        ("/v1/pushes/1", 1),
        ("/healthcheck", 3),
    ],
)
def test_statements_of_the_view(client, racks, statements, path, most):
    check(client, statements, path, most)


@pytest.mark.parametrize(("rest", "most"), [("", 11), ("&at=2026-11-20", 25)])
def test_statements_of_costs(client, services, racks, statements, rest, most):
    tariffs.load(services)
    del statements[:]
    headers = {"OpenStack-API-Version": "concertim 1.4"}
    picture = client.get(
        f"/v1/racks/big.svg?costs=true{rest}", headers=headers
    )
    assert " EUR since 20" in picture.text
    assert len(statements) <= most, statements


def test_statements_for_a_project(client, racks, statements, physics):
    for path, most in (("/v1/users", 2), ("/v1/users/ann", 2)):
        del statements[:]
        client.get(path, headers=physics)
        assert len(statements) <= most, statements


def test_statements_to_try_again(client, racks, statements):
    client.post("/v1/pushes/1/retry", status=202)
    assert 0 < len(statements) <= 3, statements
    del statements[:]
    client.post("/v1/pushes/4711/retry", status=404)
    assert len(statements) == 1, statements
