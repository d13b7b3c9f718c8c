"""How Cinder deletes and extends volumes."""

from __future__ import annotations

from concertim_api.clouds.simulator.apis import Failed, Response
from concertim_api.clouds.simulator.faults import (
    fault,
    invalid_field,
    not_allowed,
)
from concertim_api.clouds.simulator.quotas import (
    cinder_limits_of,
    cinder_used,
)

_DELETABLE = (
    "available",
    "error",
    "error_restoring",
    "error_extending",
    "error_managing",
)


def _volume(call, volume_id):
    volumes = call.site.volumes
    if volume_id not in volumes:
        message = f"Volume {volume_id} could not be found."
        raise Failed(fault(404, message))
    return volumes[volume_id]


def _permit(call, policy):
    if not call.identity.may("member"):
        raise not_allowed(policy)


def delete(call, _, volume_id):
    version = call.cinder_version()
    volume = _volume(call, volume_id)
    force = version >= (3, 23) and _is_set(call, "force")
    if force and not call.identity.is_admin:
        raise not_allowed("volume:force_delete")
    _permit(call, "volume:delete")
    _delete(call, volume, force, _is_set(call, "cascade"))
    return Response(202, b"")


def _is_set(call, name):
    return call.query.get(name, "").lower() in ("true", "1", "yes", "t")


def _delete(call, volume, force, cascade=False):
    """Begin to delete it. Force leaves the status aside, and no more: not
    that it is attached, nor that it has snapshots."""
    simulator = call.simulator
    snapshots = [
        s
        for s in simulator.site.snapshots.values()
        if s["volume_id"] == volume["id"]
    ]
    status = volume["status"]
    attached = bool(volume["attachments"]) or status == "in-use"
    if attached or (snapshots and not cascade):
        raise _not_deletable(force)
    if not force and status not in _DELETABLE:
        raise _not_deletable(force)
    simulator.pending.forget(volume["id"])
    volume.update(status="deleting", updated_at=simulator.site.exact())

    def finish(reason):
        if reason is not None:
            volume["status"] = "error_deleting"
            return
        simulator.site.volumes.pop(volume["id"], None)
        for snapshot in snapshots:
            simulator.site.snapshots.pop(snapshot["id"], None)

    simulator.later(volume["id"], finish)


def _not_deletable(force):
    states = "" if force else f"status must be {' or '.join(_DELETABLE)} and"
    return Failed(
        fault(
            400,
            f"Invalid volume: Volume {states} must not be migrating, "
            "attached, belong to a group, have snapshots, awaiting a "
            "transfer, or be disassociated from snapshots after volume "
            "transfer.",
        )
    )


# Actions


def act(call, _, volume_id):
    version = call.cinder_version()
    body = call.json()
    if not isinstance(body, dict) or len(body) != 1:
        raise Failed(fault(400, "Malformed request body"))
    ((name, arguments),) = body.items()
    if name == "os-force_delete":
        return _force_delete(call, volume_id)
    if name == "os-extend":
        return _extend(call, volume_id, arguments, version)
    raise Failed(fault(400, f"There is no such action: {name}"))


def _force_delete(call, volume_id):
    volume = _volume(call, volume_id)
    if not call.identity.is_admin:
        policy = "volume_extension:volume_admin_actions:force_delete"
        raise not_allowed(policy)
    _delete(call, volume, force=True)
    return Response(202, b"")


def _extend(call, volume_id, arguments, version):
    size = _wanted_size(arguments)
    volume = _volume(call, volume_id)
    attached = version >= (3, 42) and volume["status"] == "in-use"
    _permit(
        call,
        "volume:extend_attached_volume" if attached else "volume:extend",
    )
    _check_size(volume, size)
    expected = "in-use" if attached else "available"
    if volume["status"] != expected:
        raise Failed(
            fault(
                400,
                f"Invalid volume: Volume {volume_id} status must be "
                f"'{{'status': '{expected}'}}' to extend, currently "
                f"{volume['status']}.",
            )
        )
    _check_quota(call, volume, size)
    _begin(call.simulator, volume, size)
    return Response(202, b"")


def _wanted_size(arguments):
    if not isinstance(arguments, dict) or "new_size" not in arguments:
        problem = "'new_size' is a required property"
        raise invalid_field("os-extend", arguments, problem)
    size = arguments["new_size"]
    if isinstance(size, bool) or not str(size).isdigit() or int(size) < 1:
        problem = f"{size!r} does not match '^[0-9]+$'"
        raise invalid_field("new_size", size, problem)
    return int(size)


def _check_size(volume, size):
    if size <= volume["size"]:
        raise Failed(
            fault(
                400,
                "Invalid input received: New size for extend must be "
                f"greater than current size. (current: {volume['size']}, "
                f"extended: {size}).",
            )
        )


def _check_quota(call, volume, size):
    project_id = volume["os-vol-tenant-attr:tenant_id"]
    limits = cinder_limits_of(call, project_id)
    largest = limits["per_volume_gigabytes"]
    if 0 <= largest < size:
        raise Failed(
            fault(
                413,
                f"Requested volume size {size}G is larger than maximum "
                f"allowed limit {largest}G.",
            )
        )
    used = cinder_used(call.simulator.site, project_id)
    grown = size - volume["size"]
    for name in ("gigabytes", f"gigabytes_{volume['volume_type']}"):
        limit = limits.get(name, -1)
        if 0 <= limit < used.get(name, 0) + grown:
            raise Failed(
                fault(
                    413,
                    "Requested volume or snapshot exceeds allowed "
                    f"{name} quota. Requested {grown}G, quota is {limit}G "
                    f"and {used[name]}G has been consumed.",
                )
            )


def _begin(simulator, volume, size):
    before = volume["status"]
    volume.update(status="extending", updated_at=simulator.site.exact())

    def finish(reason):
        if reason is not None:
            volume["status"] = "error_extending"
            return
        volume.update(
            status=before, size=size, updated_at=simulator.site.exact()
        )

    simulator.later(volume["id"], finish)


ROUTES = (
    ("DELETE", "v3/{own}/volumes/{volume}", delete),
    ("POST", "v3/{own}/volumes/{volume}/action", act),
)
