"""The openstack command, and what clusters are billed by."""

import pytest

from concertim_api import bootstrap
from concertim_api.client.client import Client
from concertim_api.services.billing import orders
from concertim_api.services.jobs.job import Call

from . import cluster
from .conftest import MATHS, PHYSICS, OpenStack


@pytest.fixture(scope="module")
def api(live_api):
    url, services = live_api("[api]", "auth_strategy = noauth", *cluster.VIEW)
    cluster.show(services)
    conf = bootstrap.unread()
    conf([], default_config_files=[])
    (job,) = orders.jobs(conf, services)
    job.run(Call(services.clock.now()))
    return url, services


@pytest.fixture(scope="module")
def openstack(api, home):
    """The command of somebody on the machine of an API without auth."""
    url, _ = api
    return OpenStack(home, "--os-auth-type", "none", "--os-endpoint", url)


@pytest.fixture(scope="module")
def client(api):
    from keystoneauth1 import noauth, session

    url, _ = api
    return Client(session.Session(noauth.NoAuth(url)))


def test_accounts(openstack):
    accounts = openstack.json("account", "list", "--all-projects")
    assert {a["project_id"]: a["project"] for a in accounts} == {
        PHYSICS: "physics",
        MATHS: "maths",
    }
    (account,) = openstack.json("account", "list", "--project", "physics")
    assert account["team"] == "physics"
    for words in (account["id"], account["id"][:8]):
        shown = openstack.json("account", "show", words)
        assert shown == {**account, "balance": "0", "currency": None}
    assert openstack("account", "show", "nobody").status == 1


def test_an_order_is_made_and_bound(openstack, client):
    (agents,) = openstack.json("order", "list", "--rack", "k1")
    assert (agents["state"], agents["made_by"]) == ("live", "agent")
    order = client.orders.create(account_id=agents["account_id"], key="k")
    assert (
        client.orders.create(account_id=agents["account_id"], key="k") == order
    )
    (row,) = openstack.json("order", "list", "--state", "unbound")
    assert row["id"] == order["id"]
    bound = client.orders.tag(order["id"], "openstack_stack_id", "k1")
    assert (bound["state"], bound["region"]) == ("live", "here")
    shown = openstack.json("order", "show", order["id"][:8])
    assert (shown["stack_id"], shown["project"]) == ("k1", "physics")
    assert shown["tags"] == {"openstack_stack_id": "k1"}
    replaced = openstack.json("order", "show", agents["id"])
    assert replaced["replaced_by"] == order["id"]
    client.orders.delete(order["id"])
    rows = openstack.json("order", "list", "--project", PHYSICS)
    assert {row["state"] for row in rows} == {"closed"}
    table = openstack("order", "list", "--state", "live").out
    assert not table.strip()
