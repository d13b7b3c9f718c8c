"""What Nova, Cinder and Neutron are asked of key pairs and quotas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.clouds.openstack.quotas import total
from concertim_api.domain.errors import (
    CloudRefused,
    Conflict,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from concertim_api.services.cloud.acting import Quota
from tests.functional.clouds.conftest import login

KEY = "ssh-ed25519 " + "QURB" * 16 + " ada@laptop"
PAIRS = "/compute/v2.1/os-keypairs"


@pytest.fixture
def project(simulator):
    return simulator.site.add_project("CM_astro")


@pytest.fixture
def ada(simulator, project):
    """A member of the project, and her login."""
    simulator.add_user("ada", "secret", {project["id"]: ["member"]})
    return login(simulator, "ada", project)


def asked(simulator):
    """Return what was asked for, but for logins and versions."""
    found = {
        line: n
        for line, n in simulator.counts().items()
        if "/auth/tokens" not in line and not line.endswith(("/", "/v2.1"))
    }
    simulator.requests.clear()
    return found


def test_key_pairs_are_those_of_who_asks(cloud, ada):
    own, theirs = cloud.actions().keypairs, cloud.actions(ada).keypairs
    theirs.create("laptop", public_key=KEY)
    assert own.all() == []
    assert [pair.name for pair in theirs.all()] == ["laptop"]
    with pytest.raises(NotFound):
        own.delete("laptop")


def test_what_key_pairs_cost(cloud, simulator):
    pairs = cloud.actions().keypairs
    for work, line in (
        (lambda: pairs.create("a"), f"POST {PAIRS}"),
        (lambda: pairs.one("a"), f"GET {PAIRS}/{{id}}"),
        (pairs.all, f"GET {PAIRS}"),
        (lambda: pairs.delete("a"), f"DELETE {PAIRS}/{{id}}"),
    ):
        work()
        assert asked(simulator) == {line: 1}


def test_key_pairs_of_several_pages(cloud, simulator):
    pairs = cloud.actions().keypairs
    for name in ("c", "a", "b", "e", "d"):
        pairs.create(name)
    simulator.max_limit = 2
    simulator.requests.clear()
    assert [pair.name for pair in pairs.all()] == ["a", "b", "c", "d", "e"]
    assert asked(simulator) == {f"GET {PAIRS}": 3}


@pytest.mark.parametrize("newest", ["2.2", "2.34", "2.91", "2.96"])
def test_key_pairs_of_an_older_or_a_newer_nova(cloud, simulator, newest):
    """From 2.92 on it makes keys for nobody; so it isn't asked at that."""
    simulator.compute_versions = ("2.1", newest)
    pairs = cloud.actions().keypairs
    assert pairs.create("made").private_key
    assert pairs.create("taken", public_key=KEY).private_key is None
    assert {pair.type for pair in pairs.all()} == {"ssh"}
    pairs.delete("made")
    assert [pair.name for pair in pairs.all()] == ["taken"]


def test_a_certificate(cloud):
    pair = cloud.actions().keypairs.create("win", type="x509")
    assert pair.type == "x509"
    assert cloud.actions().keypairs.one("win").type == "x509"


def test_no_more_key_pairs_than_nova_lets_one_have(cloud, simulator):
    pairs = cloud.actions().keypairs
    simulator.fault(f"POST {PAIRS}", status=403, body={"forbidden": {}})
    with pytest.raises(CloudRefused):
        pairs.create("one too many")


def test_a_key_pair_that_was_made_is_not_made_twice(cloud, simulator):
    """Nobody heard the answer: its private key is lost, and so it is said."""
    pairs = cloud.actions().keypairs
    simulator.fault(f"POST {PAIRS}", drop=True, times=1)
    with pytest.raises(Unavailable):
        pairs.create("laptop")
    assert asked(simulator) == {f"POST {PAIRS}": 1}
    with pytest.raises(Conflict):
        pairs.create("laptop")


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"keypair": None},
        {"keypair": {"name": "laptop", "private_key": "the-secret"}},
    ],
)
def test_an_answer_that_is_none_tells_no_secret(cloud, simulator, body):
    simulator.fault(f"POST {PAIRS}", edit=lambda _: body)
    with pytest.raises(Unavailable) as told:
        cloud.actions().keypairs.create("laptop")
    assert "the-secret" not in str(told.value)


def test_a_user_who_is_not_let_in(cloud, simulator, ada, project):
    nobody = cloud.actions(login(simulator, "ada", project, "wrong"))
    for ask in (nobody.keypairs.all, nobody.quotas.limits):
        with pytest.raises(Unauthenticated):
            ask()


# Quotas


def test_what_limits_cost(cloud, simulator, ada):
    told = cloud.actions(ada).quotas.limits()
    assert asked(simulator) == {
        "GET /compute/v2.1/limits": 1,
        "GET /volume/v3/{id}/limits": 1,
    }
    assert told["compute"]["maxTotalCores"] == 20
    # What is Neutron's is Neutron's to tell.
    assert not {name for name in told["compute"] if "Floating" in name}


def test_what_quotas_cost(cloud, simulator, ada, project):
    cloud.actions(ada).quotas.quotas(project["id"])
    assert asked(simulator) == {
        "GET /compute/v2.1/os-quota-sets/{id}/detail": 1,
        "GET /volume/v3/{id}/os-quota-sets/{id}": 1,
        "GET /network/v2.0/quotas/{id}/details.json": 1,
    }


def test_quotas_of_another_project_are_for_administrators(
    cloud, simulator, ada, project
):
    other = simulator.site.add_project("CM_other")
    with pytest.raises(CloudRefused):
        cloud.actions(ada).quotas.quotas(other["id"])
    assert cloud.actions().quotas.quotas(other["id"])


def test_quotas_where_neutron_does_not_tell_what_is_used(
    cloud, simulator, project
):
    simulator.fault("details", status=404, body={"NeutronError": {}})
    simulator.quotas["network", project["id"]] = {"port": -1, "router": 3}
    told = {
        one.name: one
        for one in cloud.actions().quotas.quotas(project["id"])
        if one.service == "network"
    }
    assert (told["port"].limit, told["router"].limit) == (None, 3)
    assert told["router"].used is None
    assert told["router"].reserved is None
    assert simulator.count("GET /network/v2.0/quotas") == 2


def test_a_nova_that_counts_nothing(cloud, simulator, project):
    """With its NoopQuotaDriver it says -1 of everything."""
    nothing = dict.fromkeys(("limit", "in_use", "reserved"), -1)
    body = {"quota_set": {"id": project["id"], "cores": nothing}}
    simulator.fault("/os-quota-sets/.*detail", edit=lambda _: body)
    first = cloud.actions().quotas.quotas(project["id"])[0]
    assert first == Quota("compute", "cores", None, None, None)


@pytest.mark.parametrize(
    ("missing", "service"),
    [("block-storage", "volume"), ("network", "network")],
)
def test_of_a_service_that_is_not_there_nothing_is_told(
    cloud, simulator, project, missing, service
):
    del simulator.services[missing]
    allowances = cloud.actions().quotas
    told = {one.service for one in allowances.quotas(project["id"])}
    assert told == {"compute", "volume", "network"} - {service}
    assert set(allowances.limits()) == {"compute", "volume"} - {service}


def test_half_of_the_quotas_would_look_like_all(cloud, simulator, project):
    simulator.fault("/volume/", status=503)
    for ask in (
        lambda: cloud.actions().quotas.quotas(project["id"]),
        cloud.actions().quotas.limits,
    ):
        with pytest.raises(Unavailable, match="block-storage"):
            ask()


@pytest.mark.parametrize(
    "body", [{}, [], {"quota_set": None}, {"quota_set": {"cores": "many"}}]
)
def test_quotas_that_are_none(cloud, simulator, project, body):
    simulator.fault("/os-quota-sets/.*detail", edit=lambda _: body)
    with pytest.raises(Unavailable, match="quotas of compute"):
        cloud.actions().quotas.quotas(project["id"])


@pytest.mark.parametrize("body", [{}, {"limits": {"absolute": {"a": None}}}])
def test_limits_that_are_none(cloud, simulator, body):
    simulator.fault("/compute/v2.1/limits", edit=lambda _: body)
    with pytest.raises(Unavailable, match="limits"):
        cloud.actions().quotas.limits()


# CloudStatistics

SIZE = {"vcpus": 64, "memory_mb": 262144, "local_gb": 2000}


def test_capacity_is_asked_for_page_by_page(cloud, simulator):
    simulator.hypervisors.update({f"host{n}": SIZE for n in range(7)})
    simulator.max_limit = 3
    simulator.requests.clear()
    assert cloud.actions().quotas.statistics().vcpus == 7 * 64
    assert asked(simulator) == {"GET /compute/v2.1/os-hypervisors/detail": 3}


def test_a_nova_that_tells_no_sizes_any_more(cloud, simulator):
    """Nova would answer 406 to 2.87. That is a fault of nobody here."""
    simulator.fault("/os-hypervisors", status=406, body={})
    with pytest.raises(Unavailable, match="406"):
        cloud.actions().quotas.statistics()


@pytest.mark.parametrize(
    "has", [{}, {"vcpus": "many"}, {"state": "up", "status": "enabled"}]
)
def test_hypervisors_that_are_none(cloud, simulator, has):
    body = {"hypervisors": [has]}
    simulator.fault("/os-hypervisors", edit=lambda _: body)
    with pytest.raises(Unavailable, match="hypervisors"):
        cloud.actions().quotas.statistics()


_numbers = st.integers(0, 10**6)
_hypervisors = st.lists(
    st.fixed_dictionaries(
        {
            "state": st.sampled_from(["up", "down"]),
            "status": st.sampled_from(["enabled", "disabled"]),
            **{
                name: st.one_of(st.none(), _numbers)
                for name in (
                    *("vcpus", "vcpus_used", "memory_mb", "memory_mb_used"),
                    *("local_gb", "local_gb_used", "running_vms"),
                )
            },
        }
    )
)


@given(_hypervisors, _hypervisors)
def test_the_capacity_of_two_lists_is_that_of_both(one, other):
    fields = total([]).__slots__
    first, second, both = map(total, (one, other, one + other))
    for field in fields:
        apart = getattr(first, field) + getattr(second, field)
        assert apart == getattr(both, field)
    assert both.hypervisors + both.hypervisors_down == len(one + other)


@given(_hypervisors)
def test_who_takes_no_servers_has_no_capacity(hypervisors):
    able = [h for h in hypervisors if (h["state"], h["status"]) == UP]
    assert total(hypervisors).vcpus == sum(h["vcpus"] or 0 for h in able)
    assert total(hypervisors).hypervisors == len(able)


UP = ("up", "enabled")
