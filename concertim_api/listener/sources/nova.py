"""Nova: servers, flavors, key pairs and server groups.

Servers have two formats of notifications, which give the same attributes.
"""

from __future__ import annotations

import functools

from concertim_api.listener.rows import Row
from concertim_api.payloads import nova
from concertim_api.payloads.facts import (
    Facts,
    Form,
    Payload,
    Spelling,
    as_is,
    beside,
    nested,
    optional_text,
    places_of,
    present,
    text,
)

#: The sizes of a flavor, in both formats.
_SIZES = {"ram_mb": "memory_mb", "disk_gb": "root_gb", "swap_mb": "swap"}

_VERSIONED_FLAVOR = places_of(
    nova.EMBEDDED_FLAVOR, {**_SIZES, "id": "flavorid"}
)
_UNVERSIONED_FLAVOR = places_of(
    nova.EMBEDDED_FLAVOR,
    {**_SIZES, "id": "instance_flavor_id", "name": "instance_type"},
)

_unversioned_server = nova.SERVER.spelled(
    id="instance_id",
    project_id="tenant_id",
    flavor=("", beside(_UNVERSIONED_FLAVOR)),
    image=("image_ref_url", nova.image_by_url),
    launched="launched_at",
    name="display_name",
    addresses=("fixed_ips", nova.fixed_addresses),
    task_state=("new_task_state", nova.task_state),
)

_versioned_server = nova.SERVER.spelled(
    id="uuid",
    project_id="tenant_id",
    wrapper=nova.WRAPPER,
    flavor=("flavor", nested(_VERSIONED_FLAVOR, nova.WRAPPER)),
    image=("image_uuid", nova.image_by_id),
    launched="launched_at",
    name="display_name",
    addresses=("ip_addresses", nova.fixed_addresses),
    hostname="host_name",
    power_state=("power_state", optional_text),
    description="display_description",
)

_flavor = nova.FLAVOR.spelled(id="flavorid", wrapper=nova.WRAPPER, **_SIZES)

_SERVER_GROUP = Form(
    details={"name": optional_text, "policy": optional_text, "members": as_is},
    since=(),
)
_unversioned_group = _SERVER_GROUP.spelled(
    id="server_group_id", project_id="project_id", policy=None, members=None
)
_versioned_group = _SERVER_GROUP.spelled(
    id="uuid", project_id="project_id", wrapper=nova.WRAPPER
)


def _keypair(payload: Payload) -> Facts:
    """Return a key pair. Both formats have the same event types."""
    data = payload.get(nova.WRAPPER, payload)
    name = text(data, "name" if data is not payload else "key_name")
    return Facts(
        # A key pair has no id in the cloud, but a user and a name.
        id=f"{text(data, 'user_id')}:{name}",
        project_id=optional_text(data, "tenant_id"),
        details=present(
            name=name,
            fingerprint=optional_text(data, "fingerprint"),
            type=optional_text(data, "type"),
        ),
    )


_UNVERSIONED, _VERSIONED = "compute.instance.", "instance."

#: The events that have a server as it is now, and change its flavor or its
#: image.
_REMADE = {
    _UNVERSIONED: (
        "create.error finish_resize.end rebuild.end resize.confirm.end"
        " resize.revert.end"
    ),
    _VERSIONED: (
        "create.error resize_finish.end rebuild.end resize_confirm.end"
        " resize_revert.end"
    ),
}

#: The same, but for their flavor and image, which they only mention: the
#: service that sends one may have an old copy of the server, or a clock that
#: is ahead.
_IN_BOTH = (
    "evacuate pause.end power_off.end power_on.end reboot.end reboot.error"
    " rebuild.error rescue.end resize.error resume.end shelve.end"
    " shelve_offload.end soft_delete.end suspend.end unpause.end"
    " unrescue.end unshelve.end"
)
_AS_IT_WAS = {
    _UNVERSIONED: (
        f"{_IN_BOTH} create_ip.end delete_ip.end live.migration.abort.end"
        " live.migration.force.complete.end live_migration._rollback.end"
        " live_migration.post.dest.end"
    ),
    _VERSIONED: (
        f"{_IN_BOTH} interface_attach.end interface_detach.end"
        " live_migration_abort.end live_migration_force_complete.end"
        " live_migration_post_dest.end live_migration_rollback.end lock"
        " power_on_share.end unlock"
    ),
}


def _instances(prefix: str, reader: Spelling) -> dict[str, Row]:
    """Return the rows of one format."""
    row = functools.partial(Row, "instance")
    now, mention = row("alive", reader), row("mentioned", reader)
    rows = {
        **dict.fromkeys(_REMADE[prefix].split(), now),
        **dict.fromkeys(_AS_IT_WAS[prefix].split(), mention),
        "create.start": row("alive", reader, at=("created_at",)),
        "create.end": row("alive", nova.spawned(reader), at=("launched_at",)),
        "restore.end": row("restored", reader),
        "delete.end": row("gone", nova.at_end(reader)),
        "exists": row("alive", nova.at_end(reader, nova.is_gone)),
        "update": row("mentioned", nova.at_end(reader, nova.is_end)),
    }
    return {prefix + event: row for event, row in rows.items()}


ROWS: dict[str, Row] = {
    **_instances(_UNVERSIONED, _unversioned_server),
    **_instances(_VERSIONED, _versioned_server),
    "flavor.create": Row("flavor", "restored", _flavor),
    "flavor.update": Row("flavor", "alive", _flavor),
    "flavor.delete": Row("flavor", "gone", _flavor),
    "keypair.delete.end": Row("keypair", "gone", _keypair),
    "keypair.create.end": Row("keypair", "restored", _keypair),
    "keypair.import.end": Row("keypair", "restored", _keypair),
    "servergroup.create": Row("server_group", "alive", _unversioned_group),
    "servergroup.delete": Row("server_group", "gone", _unversioned_group),
    "server_group.create": Row("server_group", "alive", _versioned_group),
    "server_group.add_member": Row("server_group", "alive", _versioned_group),
    "server_group.delete": Row("server_group", "gone", _versioned_group),
}

#: This event is the last one, and has the server as still migrating.
_LEFT = "of the host that it left; that of the other one says how it is"

IGNORED = {
    "compute.instance.resize.end": "finish_resize.end has the new flavor",
    "compute.instance.resize.prep.end": "finish_resize.end has the new flavor",
    "compute.instance.live_migration.pre.end": "not moved yet",
    "compute.instance.live_migration._post.end": _LEFT,
    "compute.instance.shutdown.end": "delete.end has the time of the end",
    "compute.instance.trigger_crash_dump.end": "the server stays as it was",
    "compute.instance.snapshot.end": "the image is reported by Glance",
    "compute.instance.rebuild.scheduled": "rebuild.end has the new image",
    "compute.instance.volume.*": "attachments are reported by Cinder",
    "instance.resize.end": "resize_finish.end has the new flavor",
    "instance.resize_prep.end": "resize_finish.end has the new flavor",
    "instance.live_migration_pre.end": "not moved yet",
    "instance.live_migration_post.end": _LEFT,
    "instance.shutdown.end": "delete.end has the time of the end",
    "instance.trigger_crash_dump.end": "the server stays as it was",
    "instance.snapshot.end": "the image is reported by Glance",
    "instance.rebuild_scheduled": "rebuild.end has the new image",
    "instance.volume_*": "attachments are reported by Cinder",
    "servergroup.addmember": "a membership is not usage",
    "servergroup.update": "a membership is not usage",
    "compute.instance.live_migration.rollback.dest.end": _LEFT,
    "instance.live_migration_rollback_dest.end": _LEFT,
    "instance.interface_attach.error": "the server stays as it was",
    "instance.share_*": "a share of Manila is not usage of the server",
    "HostAPI.*": "hosts of the cloud are not used by projects",
    "*libvirt.*": "hosts of the cloud are not used by projects",
    "*metrics.update": "hosts of the cloud are not used by projects",
    "_rollback_live_migration": "an RPC failure; the server stays as it was",
    "compute.exception": "an RPC failure; the server's state is reported",
    "compute_task.*": "an RPC failure; the server's state is reported",
    "scheduler.*": "a decision of the scheduler, not a state",
    "*_host_to_aggregate": "an RPC failure about host aggregates",
    "*_host_from_aggregate": "an RPC failure about host aggregates",
    "aggregate.*": "host aggregates are not used by projects",
    "service.*": "services of the cloud are not used by projects",
}
