"""Stacks: who may list them, and what happens when some can't be read.

What is said of them is in tests/contract.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from concertim_api.domain.errors import Unavailable
from tests.functional.clouds.conftest import listed


@pytest.fixture
def site(simulator):
    site = simulator.site
    project = site.add_project("CM_astro")
    for number in range(6):
        site.add_cluster(project, f"cluster-{number}", computes=2)
    return site


def roots(site):
    return [s for s in site.stacks.values() if not s["parent"]]


def test_heat_may_have_to_be_asked_otherwise(simulator, cloud, site):
    """By default nobody may list all stacks, but administrators see them."""
    simulator.heat_lists_all = False
    assert listed(cloud, "stack")[0].keys() == site.stacks.keys()
    simulator.requests.clear()
    assert listed(cloud, "stack")[0].keys() == site.stacks.keys()
    assert "global_tenant" not in "".join(simulator.requests)
    found = cloud.look("stack", roots(site)[0]["id"])
    assert found[0].observation.details["resources"]


def test_who_sees_the_stacks_of_one_project_is_told(simulator, cloud, site):
    simulator.heat_lists_all = simulator.heat_admin = False
    site.add_stack(site.admin, "own")
    with pytest.raises(Unavailable, match="policy 'stacks:global_index'"):
        listed(cloud, "stack")
    with pytest.raises(Unavailable, match="policy 'stacks:global_index'"):
        cloud.look("stack", roots(site)[0]["id"])


def test_no_stacks_are_believed_of_an_administrator(simulator, connect):
    simulator.heat_lists_all = False
    assert listed(connect(), "stack") == ({}, [])
    simulator.roles = ["reader"]
    simulator.heat_admin = False
    with pytest.raises(Unavailable, match="policy 'stacks:global_index'"):
        listed(connect(), "stack")


def test_a_stack_that_cannot_be_read_is_told_without(simulator, cloud, site):
    broken = roots(site)[2]
    simulator.fault(f"{broken['id']}/resources", status=500)
    seen, left_out = listed(cloud, "stack")
    assert seen.keys() == site.stacks.keys()
    assert "resources" not in seen[broken["id"]].details
    assert "read_at" not in seen[broken["id"]].details
    assert seen[broken["id"]].details["state"] == "CREATE_COMPLETE"
    (lost,) = left_out
    assert lost.id == broken["id"]
    assert "it answers 500" in lost.reason


@pytest.mark.parametrize("body", [None, 7, {}, {"resources": {}}])
def test_resources_that_are_none(simulator, cloud, site, body):
    broken = roots(site)[2]
    simulator.fault(f"{broken['id']}/resources", edit=lambda _: body)
    seen, left_out = listed(cloud, "stack")
    assert "resources" not in seen[broken["id"]].details
    assert [lost.id for lost in left_out] == [broken["id"]]


@pytest.mark.parametrize("body", [None, {}, {"stack": 7}, {"stack": {}}])
def test_a_stack_that_cannot_be_shown(simulator, cloud, site, body):
    root = roots(site)[0]
    simulator.fault(rf"/{root['id']}$", edit=lambda _: body)
    with pytest.raises(Unavailable):
        cloud.look("stack", root["id"])


def test_a_heat_that_reads_none_is_not_asked_for_all(simulator, cloud, site):
    for number in range(200):
        site.add_stack(site.admin, f"more-{number}")
    simulator.fault("/resources", status=500)
    with pytest.raises(Unavailable, match="it answers 500"):
        listed(cloud, "stack")
    assert sum("resources" in r for r in simulator.requests) <= 50 * 4


def test_a_stack_may_be_deleted_while_it_is_listed(simulator, cloud, site):
    root = roots(site)[0]
    pages = cloud.listing("stack", {})
    next(pages)
    del site.stacks[root["id"]]
    rest = list(pages)
    assert [lost for page in rest for lost in page.left_out] == []
    (seen,) = (
        s.observation
        for page in rest
        for s in page.sightings
        if s.observation.ref.id == root["id"]
    )
    assert "resources" not in seen.details


def test_a_look_at_a_stack_that_cannot_be_read_fails(simulator, cloud, site):
    root = roots(site)[0]
    simulator.fault("/resources", status=500)
    with pytest.raises(Unavailable):
        cloud.look("stack", root["id"])


def test_names_of_stacks_are_parts_of_paths(simulator, cloud, site):
    """Heat allows few characters in a name, but names come from a wire."""
    stack = site.add_stack(site.admin, "../a b?c#d/é")
    site.add_resource(stack, "s", "OS::Nova::Server", "server-1")
    seen, left_out = listed(cloud, "stack")
    assert left_out == []
    assert seen[stack["id"]].details["resources"][0]["id"] == "server-1"


@pytest.mark.parametrize("field", ["id", "stack_name", "stack_status"])
def test_a_stack_without_a_word_is_left_out(simulator, cloud, site, field):
    def edit(body):
        body["stacks"][1][field] = None
        return body

    simulator.fault(r"/stacks\?", edit=edit)
    seen, left_out = listed(cloud, "stack")
    assert len(seen) == len(site.stacks) - 1
    assert [lost.reason for lost in left_out] == [f"{field} is missing"]


@pytest.mark.parametrize("when", [None, "yesterday", 7])
def test_a_stack_without_a_date_is_read_always(
    simulator, cloud, site, clock, when
):
    root = roots(site)[0]
    read = {r["id"]: clock.now() for r in roots(site)}
    clock.advance(minutes=9)
    read = {k: v + timedelta(minutes=5) for k, v in read.items()}
    simulator.fault(
        r"/stacks\?",
        edit=lambda body: {
            **body,
            "stacks": [
                {**s, "updated_time": when} if s["id"] == root["id"] else s
                for s in body["stacks"]
            ],
        },
    )
    seen, left_out = listed(cloud, "stack", read)
    read_again = [k for k, v in seen.items() if "resources" in v.details]
    if when is None:  # it was created, and nothing was done to it since
        assert (read_again, left_out) == ([], [])
    else:
        assert read_again == [root["id"]]


def test_stacks_are_read_some_at_a_time(simulator, connect, site):
    cloud = connect(concurrency=3)
    simulator.fault("/resources", delay=0.05)
    seen, _ = listed(cloud, "stack")
    assert sum("resources" in v.details for v in seen.values()) == 6


def test_a_listing_may_be_given_up(simulator, cloud, site):
    """What was begun is ended, nothing more."""
    pages = cloud.listing("stack", {})
    next(pages)
    pages.close()
    assert not any("resources" in line for line in simulator.requests)


# Magnum and Sahara


@pytest.fixture
def magnum(simulator, site):
    """A stack of Heat with a cluster of Magnum, which is another stack."""
    simulator.services["container-infra"] = "/container-infra/v1"
    project = next(
        p for p in site.projects.values() if p["name"] == "CM_astro"
    )
    root = site.add_stack(project, "with-magnum")
    inner = site.add_stack(project, "k8s-abc")
    masters = site.nest(inner, "masters")
    server = site.add_server(project, "k8s-master-0")
    site.add_resource(masters, "0", "OS::Nova::Server", server["id"])
    site.add_resource(root, "k8s", "OS::Magnum::Cluster", "cluster-1")
    site.clusters["cluster-1"] = {
        "uuid": "cluster-1",
        "name": "k8s",
        "stack_id": inner["id"],
    }
    return root, inner, masters, server


def marks(seen, clock):
    return {
        k: clock.now() + timedelta(minutes=1)
        for k, v in seen.items()
        if "read_at" in v.details
    }


def test_a_cluster_of_magnum_is_part_of_the_stack(cloud, magnum):
    root, inner, masters, server = magnum
    seen, left_out = listed(cloud, "stack")
    assert left_out == []
    assert seen[inner["id"]].details["parent"] == root["id"]
    assert seen[masters["id"]].details["parent"] == inner["id"]
    members = {
        (m["kind"], m["id"]) for m in seen[root["id"]].details["resources"]
    }
    assert members == {
        ("stack", inner["id"]),
        ("stack", masters["id"]),
        ("instance", server["id"]),
    }
    looked = {
        s.observation.ref.id: s for s in cloud.look("stack", inner["id"])
    }
    assert looked.keys() == {root["id"], inner["id"]}
    (alone,) = cloud.look("stack", root["id"])
    assert (
        alone.observation.details["resources"]
        == (seen[root["id"]].details["resources"])
    )


def test_it_stays_so_when_nothing_changes(cloud, magnum, clock):
    root, inner, *_ = magnum
    seen, _ = listed(cloud, "stack")
    clock.advance(minutes=10)
    again, _ = listed(cloud, "stack", marks(seen, clock))
    assert again[inner["id"]].details["parent"] == root["id"]
    assert "resources" not in again[root["id"]].details


def test_and_after_a_restart(simulator, connect, site, magnum, clock):
    """Only the stacks of that project are searched for the one it is of."""
    root, inner, *_ = magnum
    seen, _ = listed(connect(), "stack")
    clock.advance(minutes=10)
    other = site.add_stack(site.admin, "elsewhere")
    late = clock.now() + timedelta(minutes=1)
    read = {**marks(seen, clock), other["id"]: late}
    clock.advance(minutes=10)
    simulator.requests.clear()
    again, _ = listed(connect(), "stack", read)
    assert again[inner["id"]].details["parent"] == root["id"]
    assert not any(
        other["id"] in line and "resources" in line
        for line in simulator.requests
    )


def test_a_change_within_the_cluster_is_one_of_the_stack(
    cloud, site, magnum, clock
):
    root, _, masters, _ = magnum
    seen, _ = listed(cloud, "stack")
    clock.advance(minutes=10)
    masters["updated_time"] = site.stamp()
    server = site.add_server(site.admin, "k8s-master-1")
    site.add_resource(masters, "1", "OS::Nova::Server", server["id"])
    read = {k: v - timedelta(minutes=9) for k, v in marks(seen, clock).items()}
    again, _ = listed(cloud, "stack", read)
    assert server["id"] in {
        m["id"] for m in again[root["id"]].details["resources"]
    }


def test_a_cluster_of_no_stack_is_a_root(cloud, site, magnum, clock):
    root, inner, *_ = magnum
    site.resources[root["id"]].clear()
    seen, _ = listed(cloud, "stack")
    assert seen[inner["id"]].details["parent"] == ""
    assert len(seen[inner["id"]].details["resources"]) == 2
    clock.advance(minutes=10)
    again, _ = listed(cloud, "stack", marks(seen, clock))
    assert again[inner["id"]].details["parent"] == ""


def test_a_look_does_not_guess_whose_a_cluster_is(connect, magnum):
    _, inner, *_ = magnum
    (seen,) = connect().look("stack", inner["id"])
    assert "parent" not in seen.observation.details
    assert "resources" not in seen.observation.details


def test_a_magnum_that_fails_loses_no_stack(simulator, cloud, site, magnum):
    simulator.fault("/container-infra", status=500)
    seen, left_out = listed(cloud, "stack")
    assert seen.keys() == site.stacks.keys()
    assert any(
        lost.id is None and lost.reason.startswith("clusters: ")
        for lost in left_out
    )


def test_without_magnum_nobody_asks_for_it(simulator, cloud, site):
    listed(cloud, "stack")
    cloud.look("stack", roots(site)[0]["id"])
    assert simulator.count("GET /container-infra") == 0
    assert simulator.count("GET /data-processing") == 0


def test_servers_of_sahara(simulator, cloud, site):
    simulator.services["data-processing"] = "/data-processing/v1.1/{project}"
    root = roots(site)[0]
    site.add_resource(root, "hadoop", "OS::Sahara::Cluster", "sahara-1")
    site.sahara_clusters["sahara-1"] = {
        "node_groups": [
            {
                "instances": [
                    {"instance_id": "worker-1", "instance_name": "w1"},
                    {"instance_id": None},
                ]
            },
            {},
        ]
    }
    seen, left_out = listed(cloud, "stack")
    assert left_out == []
    assert {
        "kind": "instance",
        "id": "worker-1",
        "name": "w1",
        "type": "OS::Sahara::Cluster",
    } in seen[root["id"]].details["resources"]


@pytest.mark.parametrize("there", [True, False])
def test_a_sahara_that_says_nothing_is_told(simulator, cloud, site, there):
    if there:
        simulator.services["data-processing"] = (
            "/data-processing/v1.1/{project}"
        )
        site.sahara_clusters["sahara-1"] = {"node_groups": 7}
    root = roots(site)[0]
    site.add_resource(root, "hadoop", "OS::Sahara::Cluster", "sahara-1")
    seen, left_out = listed(cloud, "stack")
    assert len(seen[root["id"]].details["resources"]) == 6
    (lost,) = left_out
    assert lost.id == root["id"]
    assert "its cluster sahara-1: " in lost.reason
