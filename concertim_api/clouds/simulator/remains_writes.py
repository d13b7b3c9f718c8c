"""How Cinder deletes snapshots, and Neutron routers."""

from __future__ import annotations

from concertim_api.clouds.simulator.apis import Failed, Response
from concertim_api.clouds.simulator.faults import fault, neutron_error


def delete_snapshot(call, _, snapshot_id):
    if snapshot_id not in call.site.snapshots:
        message = f"Snapshot {snapshot_id} could not be found."
        raise Failed(fault(404, message))
    simulator = call.simulator
    simulator.site.snapshots[snapshot_id]["status"] = "deleting"
    simulator.later(
        snapshot_id,
        lambda reason: simulator.site.snapshots.pop(snapshot_id, None),
    )
    return Response(202, b"")


def delete_backup(call, _, backup_id):
    if backup_id not in call.site.backups:
        message = f"Backup {backup_id} could not be found."
        raise Failed(fault(404, message))
    simulator = call.simulator
    simulator.site.backups[backup_id]["status"] = "deleting"
    simulator.later(
        backup_id,
        lambda reason: simulator.site.backups.pop(backup_id, None),
    )
    return Response(202, b"")


def delete_router(call, router_id):
    site = call.simulator.site
    if router_id not in call.site.routers:
        message = f"Router {router_id} could not be found"
        raise Failed(neutron_error(404, "RouterNotFound", message))
    in_use = any(
        port["device_id"] == router_id
        and port["device_owner"].startswith("network:router_interface")
        for port in site.ports.values()
    )
    if in_use:
        message = f"Router {router_id} still has ports"
        raise Failed(neutron_error(409, "RouterInUse", message))
    del site.routers[router_id]
    return Response(204, b"")


VOLUME_ROUTES = (
    ("DELETE", "v3/{own}/snapshots/{snapshot}", delete_snapshot),
    ("DELETE", "v3/{own}/backups/{backup}", delete_backup),
)
NETWORK_ROUTES = (("DELETE", "v2.0/routers/{router}", delete_router),)
