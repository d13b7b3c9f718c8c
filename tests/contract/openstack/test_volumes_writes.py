"""Volumes: what the simulated OpenStack does when it is told to."""

from __future__ import annotations

import math

from tests.contract.openstack.said import nova_says


def change(client, volume, action, arguments, version=None):
    return client(
        "POST",
        "block-storage",
        f"/volumes/{volume['id']}/action",
        version,
        json={action: arguments},
    )


def test_a_volume_is_deleted(simulator, member, volume):
    simulator.delay = math.inf
    path = f"/volumes/{volume['id']}"
    response = member("DELETE", "block-storage", path)
    assert (response.status_code, response.content) == (202, b"")
    assert member.volume(volume)["status"] == "deleting"
    response = member("DELETE", "block-storage", path)
    nova_says(response, 400, "badRequest", "status must be available or")
    simulator.settle()
    assert member.volume(volume) is None
    response = member("DELETE", "block-storage", path)
    nova_says(response, 404, "itemNotFound", f"Volume {volume['id']}")


def test_a_volume_in_use_or_with_snapshots_is_kept(
    site, member, admin, server, volume, project
):
    used = site.add_volume(project, "used", server=server)
    site.add_snapshot(volume, "before")
    for kept in (used, volume):
        before = member.volume(kept)
        response = member("DELETE", "block-storage", f"/volumes/{kept['id']}")
        nova_says(response, 400, "badRequest", "must not be migrating, attac")
        response = change(admin, kept, "os-force_delete", {})
        nova_says(response, 400, "badRequest", "Volume  must not be migrating")
        assert member.volume(kept) == before


def test_a_volume_that_cannot_be_deleted_says_so(simulator, member, volume):
    simulator.failing[volume["id"]] = "the storage is away"
    path = f"/volumes/{volume['id']}"
    assert member("DELETE", "block-storage", path).status_code == 202
    assert member.volume(volume)["status"] == "error_deleting"


def test_force_is_for_administrators(member, somebody, volume):
    volume["status"] = "error_deleting"
    response = change(member, volume, "os-force_delete", {})
    nova_says(response, 403, "forbidden", "volume_admin_actions:force_delete")
    path = f"/volumes/{volume['id']}"
    response = member("DELETE", "block-storage", f"{path}?force=true", "3.23")
    nova_says(response, 403, "forbidden", "volume:force_delete")
    response = member("DELETE", "block-storage", path)
    nova_says(response, 400, "badRequest", "status must be")
    boss = somebody("admin", "boss")
    assert change(boss, volume, "os-force_delete", {}).status_code == 202
    assert member.volume(volume) is None


def test_a_volume_is_extended(simulator, member, volume):
    simulator.delay = math.inf
    response = change(member, volume, "os-extend", {"new_size": 40})
    assert (response.status_code, response.content) == (202, b"")
    seen = member.volume(volume)
    assert (seen["status"], seen["size"]) == ("extending", 20)
    response = change(member, volume, "os-extend", {"new_size": 50})
    nova_says(response, 400, "badRequest", "to extend, currently extending")
    simulator.settle()
    seen = member.volume(volume)
    assert (seen["status"], seen["size"]) == ("available", 40)
    simulator.failing[volume["id"]] = "the storage is full"
    change(member, volume, "os-extend", {"new_size": 50})
    simulator.settle()
    assert member.volume(volume)["status"] == "error_extending"


def test_a_volume_only_grows_and_within_the_quota(
    simulator, member, volume, project
):
    response = change(member, volume, "os-extend", {"new_size": 20})
    nova_says(response, 400, "badRequest", "(current: 20, extended: 20)")
    response = change(member, volume, "os-extend", {})
    nova_says(response, 400, "badRequest", "'new_size' is a required")
    response = change(member, volume, "os-extend", {"new_size": "big"})
    nova_says(response, 400, "badRequest", "new_size")
    simulator.quotas["volume", project["id"]] = {"gigabytes": 100}
    response = change(member, volume, "os-extend", {"new_size": 101})
    nova_says(response, 413, "overLimit", "exceeds allowed gigabytes quota")
    assert response.headers["Retry-After"] == "0"
    assert member.volume(volume)["status"] == "available"


def test_a_volume_in_use_grows_since_a_microversion(
    site, member, project, server
):
    used = site.add_volume(project, "used", 10, server=server)
    size = {"new_size": 20}
    response = change(member, used, "os-extend", size, "3.41")
    nova_says(response, 400, "badRequest", "currently in-use")
    response = change(member, used, "os-extend", size, "3.42")
    assert response.status_code == 202
    seen = member.volume(used)
    assert (seen["status"], seen["size"]) == ("in-use", 20)


def test_a_project_has_its_own_volumes(site, somebody, volume):
    stranger = somebody("member", "eve", site.add_project("elsewhere"))
    path = f"/volumes/{volume['id']}"
    response = stranger("DELETE", "block-storage", path)
    nova_says(response, 404, "itemNotFound", volume["id"])
    own = volume["os-vol-tenant-attr:tenant_id"]
    url = stranger.endpoints["block-storage"].rpartition("/")[0]
    stranger.endpoints["block-storage"] = f"{url}/{own}"
    response = stranger("DELETE", "block-storage", path)
    nova_says(response, 400, "badRequest", "Malformed request url")
