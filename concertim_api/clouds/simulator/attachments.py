"""How Nova tells of the volumes of a server, and detaches them."""

from __future__ import annotations

import uuid

from concertim_api.clouds.simulator.apis import Failed, Response
from concertim_api.clouds.simulator.compute_writes import (
    attached_to,
    conflict,
    permit,
    server_of,
    unlocked,
)
from concertim_api.clouds.simulator.faults import fault

_DETACHABLE = (
    "active",
    "paused",
    "stopped",
    "resized",
    "soft-delete",
    "shelved",
    "shelved_offloaded",
)


def _attachment(volume, server_id):
    return next(
        a for a in volume["attachments"] if a["server_id"] == server_id
    )


def _shown(volume, server_id, number, version):
    attachment = _attachment(volume, server_id)
    letter = "bcdefghijklmnopqrstuvwxyz"[number % 25]
    found = {
        "volumeId": volume["id"],
        "serverId": server_id,
        "device": attachment.get("device") or f"/dev/vd{letter}",
    }
    own_id = str(uuid.uuid5(uuid.NAMESPACE_OID, volume["id"] + server_id))
    if version < (2, 89):
        found["id"] = volume["id"]
    else:
        found["attachment_id"] = attachment.get("attachment_id", own_id)
        found["bdm_uuid"] = own_id
    if version >= (2, 70):
        found["tag"] = None
    if version >= (2, 79):
        found["delete_on_termination"] = False
    return found


def attachments(call, server_id):
    version = call.nova_version()
    server_of(call, server_id)
    found = [
        _shown(volume, server_id, number, version)
        for number, volume in enumerate(
            attached_to(call.simulator.site, server_id)
        )
    ]
    return Response(200, {"volumeAttachments": found})


def detach(call, server_id, volume_id):
    version = call.nova_version()
    server = server_of(call, server_id)
    permit(call, "os-volumes-attachments:delete")
    state = server["OS-EXT-STS:vm_state"]
    if state.startswith("shelved") and version < (2, 20):
        raise conflict("detach_volume", server, "vm_state", state)
    volume = _volume(call, server, volume_id)
    unlocked(call, server)
    if state not in _DETACHABLE:
        raise conflict("detach_volume", server, "vm_state", state)
    if server["OS-EXT-STS:task_state"] is not None:
        task = server["OS-EXT-STS:task_state"]
        raise conflict("detach_volume", server, "task_state", task)
    if volume["status"] != "in-use":
        raise Failed(
            fault(
                400,
                "Invalid volume: Invalid input received: Invalid volume: "
                "Unable to detach volume. Volume status must be 'in-use' and "
                "attach_status must be 'attached' to detach.",
            )
        )
    _begin(call.simulator, server, volume)
    return Response(202, b"")


def _volume(call, server, volume_id):
    volume = call.site.volumes.get(volume_id)
    if volume is None:
        message = f"Volume {volume_id} could not be found."
        raise Failed(fault(404, message))
    if volume not in attached_to(call.simulator.site, server["id"]):
        raise Failed(
            fault(
                404,
                f"Instance {server['id']} is not attached to volume "
                f"{volume_id}",
            )
        )
    if _attachment(volume, server["id"]).get("device") == "/dev/vda":
        raise Failed(fault(400, "Cannot detach a root device volume"))
    return volume


def _begin(simulator, server, volume):
    volume.update(status="detaching", updated_at=simulator.site.exact())

    def finish(reason):
        if reason is not None:  # Nova has Cinder take it back
            volume["status"] = "in-use"
            return
        volume["attachments"] = [
            a for a in volume["attachments"] if a["server_id"] != server["id"]
        ]
        server["os-extended-volumes:volumes_attached"] = [
            v
            for v in server["os-extended-volumes:volumes_attached"]
            if v["id"] != volume["id"]
        ]
        volume["status"] = "in-use" if volume["attachments"] else "available"
        volume["updated_at"] = simulator.site.exact()

    simulator.later(volume["id"], finish)


_ATTACHMENTS = "v2.1/servers/{server}/os-volume_attachments"

ROUTES = (
    ("GET", _ATTACHMENTS, attachments),
    ("DELETE", f"{_ATTACHMENTS}/{{volume}}", detach),
)
