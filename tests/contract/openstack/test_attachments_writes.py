"""Volumes of servers: what the simulated OpenStack does when it is told to."""

from __future__ import annotations

import math

from tests.contract.openstack.said import COMPUTE, nova_says


def attached(client, server, version=COMPUTE):
    path = f"/servers/{server['id']}/os-volume_attachments"
    response = client("GET", "compute", path, version)
    return response.json()["volumeAttachments"]


def test_a_volume_is_detached(simulator, site, member, server, project):
    volume = site.add_volume(project, "scratch", server=server)
    (seen,) = attached(member, server)
    assert seen["id"] == seen["volumeId"] == volume["id"]
    assert seen["serverId"] == server["id"]
    (seen,) = attached(member, server, "2.89")
    assert "id" not in seen
    assert seen["bdm_uuid"]
    simulator.delay = math.inf
    path = f"/servers/{server['id']}/os-volume_attachments/{volume['id']}"
    response = member("DELETE", "compute", path, COMPUTE)
    assert (response.status_code, response.content) == (202, b"")
    assert member.volume(volume)["status"] == "detaching"
    response = member("DELETE", "compute", path, COMPUTE)
    nova_says(response, 400, "badRequest", "status must be 'in-use'")
    simulator.settle()
    assert member.volume(volume)["status"] == "available"
    assert attached(member, server) == []
    response = member("DELETE", "compute", path, COMPUTE)
    nova_says(response, 404, "itemNotFound", "is not attached to volume")


def test_not_all_volumes_can_be_detached(site, member, server, project):
    root = site.add_volume(project, "root", server=server)
    root["attachments"][0]["device"] = "/dev/vda"
    path = f"/servers/{server['id']}/os-volume_attachments"
    response = member("DELETE", "compute", f"{path}/{root['id']}", COMPUTE)
    nova_says(response, 400, "badRequest", "Cannot detach a root device")
    response = member("DELETE", "compute", f"{path}/none", COMPUTE)
    nova_says(response, 404, "itemNotFound", "Volume none could not be found")
    member.act(server, "suspend")
    root["attachments"][0]["device"] = "/dev/vdb"
    response = member("DELETE", "compute", f"{path}/{root['id']}", COMPUTE)
    nova_says(response, 409, "conflictingRequest", "vm_state suspended")
