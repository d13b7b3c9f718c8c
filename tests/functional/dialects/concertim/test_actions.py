"""POST /update_status, and what else is asked of the cloud itself."""

from __future__ import annotations

import pytest

from concertim_api.api.dialects.concertim.actions import TYPES


@pytest.mark.parametrize("shown", [False, True])
@pytest.mark.parametrize(
    ("kind", "action"),
    [(kind, action) for kind in TYPES for action in TYPES[kind][1]],
)
def test_what_each_type_can_be_made_to_do(
    stage, bob, things, kind, action, shown
):
    """With the caller's credentials; shown in the view, or not yet."""
    thing = things[kind]
    if action in ("off", "suspend") and kind == "instances":
        thing["status"], thing["OS-EXT-STS:vm_state"] = "ACTIVE", "active"
    if action == "resume" and kind == "instances":
        thing["status"] = "SUSPENDED"
        thing["OS-EXT-STS:vm_state"] = "suspended"
    if action == "detach":
        thing = stage.cloud.site.add_volume(
            stage.cloud.site.projects[thing["os-vol-tenant-attr:tenant_id"]],
            "attached",
            server=things["instances"],
        )
    if shown:
        stage.show()
    stage.cloud.delay = float("inf")
    told = stage.act(bob, kind, thing["id"], action)
    (request_id,) = told.pop("cloud_response").pop("request_ids")
    assert told == {"success": True}
    (done,) = stage.operations()
    assert done.request_id == request_id
    assert done.resource_id == thing["id"]
    assert done.action == TYPES[kind][1][action]
    assert (done.user_id, done.project_id) == (
        bob["user_id"],
        bob["project_id"],
    )
    assert done.state in ("accepted", "done")
    writes = [
        line
        for line in stage.cloud.requests
        if not line.startswith("GET") and "/auth/tokens" not in line
    ]
    assert len(writes) == 1
    assert thing["id"] in writes[0]


def test_what_is_gone_is_destroyed(stage, bob, things):
    for kind, thing in things.items():
        if kind != "racks":
            stage.act(bob, kind, thing["id"], "destroy")
    stage.cloud.settle()
    stage.act(bob, "racks", things["racks"]["id"], "destroy")
    stage.cloud.settle()
    stage.act(bob, "racks", things["racks"]["id"], "destroy")


def test_a_cloud_that_says_no(stage, things, physics):
    """Its 403, 404 and 409 are passed on, with what it says."""
    reader = stage.user("CM_eve", physics, role="reader")
    node, volume = things["instances"]["id"], things["volumes"]["id"]
    word, _ = stage.refused(
        "POST",
        f"/update_status/instances/{node}",
        403,
        {"action": "on"},
        reader,
    )
    assert word == "RefusedByCloud"
    stage.cloud.site.volumes[volume]["status"] = "in-use"
    bob = stage.user("CM_bob", physics)
    assert stage.act(bob, "volumes", volume, "destroy", 409)["error"]
    other = stage.user("CM_ann", stage.project("CM_biology"))
    told = stage.act(other, "instances", node, "off", 404)
    assert told["error"] == "NotFound"
    missing = "00000000-0000-0000-0000-000000000000"
    assert stage.act(bob, "instances", missing, "on", 404)


def test_a_cloud_that_is_away(stage, bob, things):
    stage.cloud.fault("^(POST|GET) /compute/", status=503, body="<p>no</p>")
    word = stage.act(bob, "instances", things["instances"]["id"], "on", 503)[
        "error"
    ]
    assert word == "Unavailable"


@pytest.mark.parametrize(
    ("kind", "action", "status"),
    [
        ("instances", "detach", 400),
        ("volumes", "on", 400),
        ("networks", "suspend", 400),
        ("racks", "check", 400),
        ("racks", "__class__", 400),
        ("racks", 5, 400),
        ("racks", None, 415),
        ("racks", ["destroy"], 400),
        ("devices", "on", 404),
        ("stacks", "destroy", 404),
    ],
)
def test_nothing_else_can_be_done(stage, bob, kind, action, status):
    stage.cloud.requests.clear()
    stage.act(bob, kind, "some-id", action, status)
    assert stage.cloud.requests == []


def test_an_id_is_an_id(stage, bob, physics):
    """Whatever is in a path, no other resource is meant."""
    for odd in ("..%2F..%2Fservers", "x%20y", "%C3%A4", "a%0Ab"):
        told = stage.ask(
            "POST",
            f"/update_status/instances/{odd}",
            404,
            {"action": "on"},
            bob,
        )
        assert told["error"] == "NotFound"


# Key pairs


def test_key_pairs_are_the_callers(stage, bob, physics):
    pair = {"name": "laptop", "key_type": "ssh"}
    told = stage.ask("POST", "/key_pairs", body={"key_pair": pair}, env=bob)
    made = told["key_pair"]
    assert set(made) == {
        "id",
        "name",
        "type",
        "public_key",
        "fingerprint",
        "private_key",
    }
    assert made["id"] == made["name"] == "laptop"
    assert made["private_key"].startswith("-----BEGIN ")
    stage.secrets.add(made["private_key"].splitlines()[1])
    (listed,) = stage.ask("GET", "/key_pairs", env=bob)["key_pairs"]
    del made["private_key"]
    assert listed == made
    ann = stage.user("CM_ann", physics)
    assert stage.ask("GET", "/key_pairs", env=ann)["key_pairs"] == []
    for _ in range(2):
        told = stage.ask(
            "DELETE", "/key_pairs", body={"keypair_name": "laptop"}, env=bob
        )
        assert told == {"success": True, "key_pair_name": "laptop"}
    assert stage.ask("GET", "/key_pairs", env=bob)["key_pairs"] == []


# Limits, quotas, statistics


def test_quotas_of_any_team(stage, physics):
    stage.cloud.quotas["compute", physics["id"]] = {"cores": 7}
    stage.cloud.quotas["volume", physics["id"]] = {"gigabytes": -1}
    path = f"/team/{physics['id']}/quotas"
    quotas = stage.ask("GET", path)["quotas"]
    assert (quotas["cores"], quotas["gigabytes"]) == (7, -1)
    assert {"ram", "instances", "volumes", "network"} < set(quotas)
    assert stage.ask("GET", "/team/nowhere/quotas", 404)["error"]


def test_statistics_of_the_cloud(stage):
    stage.cloud.hypervisors = {
        name: {"vcpus": 8, "memory_mb": 4096 + 512, "local_gb": 100}
        for name in ("node1", "node2")
    }
    stats = stage.ask("GET", "/statistics")["stats"]
    assert set(stats) == {
        "total_vcpus",
        "used_vcpus",
        "total_disk_space",
        "used_disk_space",
        "total_ram",
        "used_ram",
        "running_vms",
    }
    assert (stats["total_vcpus"], stats["total_ram"]) == (16, 9.0)
    assert stats["total_disk_space"] == 200
