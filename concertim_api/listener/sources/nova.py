"""Nova: servers, flavors, key pairs and server groups.

Nova can send two formats, or both of them about each event. They say the
same here: the words of both merge, at the resolution of Nova's own records.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Mapping
from typing import Any

from concertim_api.listener.facts import (
    Facts,
    Payload,
    Reader,
    Row,
    number,
    optional_text,
    pairs,
    present,
    second,
    section,
    text,
    versioned,
)


def _unversioned_instance(payload: Payload) -> Iterable[Facts]:
    image = payload.get("image_meta")
    yield _instance(
        payload,
        id=text(payload, "instance_id"),
        flavor=_flavor(
            payload,
            id=optional_text(payload, "instance_flavor_id"),
            name=optional_text(payload, "instance_type"),
        ),
        image={
            "id": _last_part(optional_text(payload, "image_ref_url")),
            **_system(payload, image if isinstance(image, Mapping) else {}),
        },
        task_state=_task_state(payload),
        addresses=_addresses(payload.get("fixed_ips")),
        hostname=optional_text(payload, "hostname"),
    )


def _versioned_instance(payload: Payload) -> Iterable[Facts]:
    data = versioned(payload, "nova")
    flavor = versioned(section(data, "flavor"), "nova")
    yield _instance(
        data,
        id=text(data, "uuid"),
        flavor=_versioned_flavor(flavor),
        image={
            "id": optional_text(data, "image_uuid"),
            **present(os_type=optional_text(data, "os_type")),
        },
        task_state=optional_text(data, "task_state"),
        addresses=_versioned_addresses(data.get("ip_addresses")),
        hostname=optional_text(data, "host_name"),
        key_name=optional_text(data, "key_name"),
        power_state=optional_text(data, "power_state"),
        locked=data.get("locked"),
        description=optional_text(data, "display_description"),
    )


def _instance(
    data: Payload,
    *,
    id: str,
    flavor: dict[str, Any],
    image: dict[str, Any],
    task_state: str | None,
    **details: Any,
) -> Facts:
    return Facts(
        id=id,
        project_id=optional_text(data, "tenant_id"),
        shape=present(
            flavor=flavor or None,
            image=image,
            metadata=pairs(data.get("metadata")),
            state=optional_text(data, "state"),
            launched=second(data, "launched_at") is not None,
        ),
        details={
            **present(
                name=optional_text(data, "display_name"),
                host=optional_text(data, "host"),
                availability_zone=optional_text(data, "availability_zone"),
                user_id=optional_text(data, "user_id"),
                created_at=_stamp(data, "created_at"),
                **details,
            ),
            "task_state": task_state,
        },
        since=second(data, "launched_at", "created_at"),
    )


def _flavor(data: Payload, **named: Any) -> dict[str, Any]:
    return present(
        **named,
        vcpus=number(data, "vcpus"),
        ram_mb=number(data, "memory_mb"),
        disk_gb=number(data, "root_gb"),
        ephemeral_gb=number(data, "ephemeral_gb"),
    )


def _versioned_flavor(flavor: Payload) -> dict[str, Any]:
    return _flavor(
        flavor,
        id=optional_text(flavor, "flavorid"),
        name=optional_text(flavor, "name"),
        swap_mb=number(flavor, "swap"),
        extra_specs=pairs(flavor.get("extra_specs")),
    )


def _last_part(url: str | None) -> str | None:
    return (url or "").rpartition("/")[2] or None


#: Images name the operating system in one of these ways.
_SYSTEM = {
    "os_distro": ("os_distro", "distro", "org.openstack__1__os_distro"),
    "os_version": ("os_version", "version", "org.openstack__1__os_version"),
    "os_type": ("os_type",),
}


def _system(payload: Payload, image: Mapping[str, Any]) -> dict[str, str]:
    found = {"os_type": payload.get("os_type")}
    for name, spellings in _SYSTEM.items():
        for spelling in spellings:
            found[name] = image.get(spelling) or found.get(name)
    return {k: v for k, v in found.items() if isinstance(v, str) and v}


def _task_state(payload: Payload) -> str | None:
    return optional_text(payload, "new_task_state") or optional_text(
        payload, "state_description"
    )


def _addresses(fixed_ips: object) -> list[str] | None:
    if not isinstance(fixed_ips, list):
        return None
    return sorted(
        str(ip["address"])
        for ip in fixed_ips
        if isinstance(ip, Mapping) and ip.get("address")
    )


def _versioned_addresses(addresses: object) -> list[str] | None:
    if not isinstance(addresses, list):
        return None
    return _addresses(
        [
            ip.get("nova_object.data", ip)
            for ip in addresses
            if isinstance(ip, Mapping)
        ]
    )


def _stamp(data: Payload, field: str) -> str | None:
    at = second(data, field)
    return at.isoformat() if at else None


def _ended(read: Reader) -> Reader:
    """What the end of a server tells of its life: from when it ran."""

    def reader(payload: Payload) -> Iterable[Facts]:
        data = payload.get("nova_object.data", payload)
        for facts in read(payload):
            yield dc.replace(
                facts,
                shape={k: v for k, v in facts.shape.items() if k != "state"},
                since=second(data, "launched_at"),
                at=second(data, "terminated_at", "deleted_at"),
                says="gone",
            )

    return reader


def _audited(read: Reader) -> Reader:
    """The periodic audit reports the deleted too.

    One that can still be restored has a deleted_at, but did not end.
    """

    def reader(payload: Payload) -> Iterable[Facts]:
        data = payload.get("nova_object.data", payload)
        gone = (
            optional_text(data, "state") == "deleted"
            or second(data, "terminated_at") is not None
        )
        return (_ended(read) if gone else read)(payload)

    return reader


def _flavor_facts(payload: Payload) -> Iterable[Facts]:
    data = versioned(payload, "nova")
    flavor = _versioned_flavor(data)
    yield Facts(
        id=flavor.pop("id"),
        shape=flavor | present(is_public=data.get("is_public")),
        details=present(
            name=flavor.get("name"),
            description=optional_text(data, "description"),
            projects=data.get("projects"),
        ),
    )


def _keypair(payload: Payload) -> Iterable[Facts]:
    """Both formats use the same event types."""
    data = payload.get("nova_object.data", payload)
    name = text(data, "name" if data is not payload else "key_name")
    yield Facts(
        # A key pair has no id in the cloud: its user and name are it.
        id=f"{text(data, 'user_id')}:{name}",
        project_id=optional_text(data, "tenant_id"),
        details=present(
            name=name,
            fingerprint=optional_text(data, "fingerprint"),
            type=optional_text(data, "type"),
        ),
    )


def _server_group(payload: Payload) -> Iterable[Facts]:
    yield Facts(
        id=text(payload, "server_group_id"),
        project_id=optional_text(payload, "project_id"),
        details=present(name=optional_text(payload, "name")),
    )


def _versioned_server_group(payload: Payload) -> Iterable[Facts]:
    data = versioned(payload, "nova")
    yield Facts(
        id=text(data, "uuid"),
        project_id=optional_text(data, "project_id"),
        details=present(
            name=optional_text(data, "name"),
            policy=optional_text(data, "policy"),
            members=data.get("members"),
        ),
    )


#: The events that tell how a server is now: (unversioned, versioned).
_NOW = (
    ("create.error", "create.error"),
    ("finish_resize.end", "resize_finish.end"),
    ("live_migration.post.dest.end", "live_migration_post_dest.end"),
    ("live_migration._post.end", "live_migration_post.end"),
    ("live_migration._rollback.end", "live_migration_rollback.end"),
    ("evacuate", "evacuate"),
    ("pause.end", "pause.end"),
    ("power_off.end", "power_off.end"),
    ("power_on.end", "power_on.end"),
    ("reboot.end", "reboot.end"),
    ("rebuild.end", "rebuild.end"),
    ("rescue.end", "rescue.end"),
    ("resize.confirm.end", "resize_confirm.end"),
    ("resize.revert.end", "resize_revert.end"),
    ("resume.end", "resume.end"),
    ("shelve.end", "shelve.end"),
    ("shelve_offload.end", "shelve_offload.end"),
    ("soft_delete.end", "soft_delete.end"),
    ("suspend.end", "suspend.end"),
    ("unpause.end", "unpause.end"),
    ("unrescue.end", "unrescue.end"),
    ("unshelve.end", "unshelve.end"),
    ("update", "update"),
    (None, "lock"),
    (None, "unlock"),
    (None, "interface_attach.end"),
    (None, "interface_detach.end"),
)


def _instance_rows() -> dict[str, Row]:
    old, new = _unversioned_instance, _versioned_instance
    rows: dict[str, Row] = {}
    for prefix, read in (("compute.instance.", old), ("instance.", new)):
        rows |= {
            prefix + "create.start": Row(
                "instance", "alive", read, at=("created_at",)
            ),
            prefix + "create.end": Row(
                "instance", "alive", read, at=("launched_at",)
            ),
            prefix + "restore.end": Row("instance", "restored", read),
            prefix + "delete.end": Row("instance", "gone", _ended(read)),
            prefix + "exists": Row("instance", "alive", _audited(read)),
        }
    for unversioned, name in _NOW:
        if unversioned:
            rows["compute.instance." + unversioned] = Row(
                "instance", "alive", old
            )
        rows["instance." + name] = Row("instance", "alive", new)
    return rows


ROWS: dict[str, Row] = {
    **_instance_rows(),
    "flavor.create": Row("flavor", "restored", _flavor_facts),
    "flavor.update": Row("flavor", "alive", _flavor_facts),
    "flavor.delete": Row("flavor", "gone", _flavor_facts),
    "keypair.delete.end": Row("keypair", "gone", _keypair),
    "keypair.create.end": Row("keypair", "restored", _keypair),
    "keypair.import.end": Row("keypair", "restored", _keypair),
    "servergroup.create": Row("server_group", "alive", _server_group),
    "servergroup.delete": Row("server_group", "gone", _server_group),
    "server_group.create": Row(
        "server_group", "alive", _versioned_server_group
    ),
    "server_group.add_member": Row(
        "server_group", "alive", _versioned_server_group
    ),
    "server_group.delete": Row(
        "server_group", "gone", _versioned_server_group
    ),
}

IGNORED = {
    "compute.instance.*.start": "the end says what came of it",
    "compute.instance.resize.end": "finish_resize.end has the new flavor",
    "compute.instance.resize.prep.end": "finish_resize.end has the new flavor",
    "compute.instance.live_migration.pre.end": "not moved yet",
    "compute.instance.shutdown.end": "delete.end has the time of the end",
    "compute.instance.trigger_crash_dump.end": "the server stays as it was",
    "compute.instance.snapshot.end": "the image is reported by Glance",
    "compute.instance.rebuild.scheduled": "rebuild.end has the new image",
    "compute.instance.volume.*": "attachments are reported by Cinder",
    "instance.*.start": "the end says what came of it",
    "instance.resize.end": "resize_finish.end has the new flavor",
    "instance.resize_prep.end": "resize_finish.end has the new flavor",
    "instance.live_migration_pre.end": "not moved yet",
    "instance.shutdown.end": "delete.end has the time of the end",
    "instance.trigger_crash_dump.end": "the server stays as it was",
    "instance.snapshot.end": "the image is reported by Glance",
    "instance.rebuild_scheduled": "rebuild.end has the new image",
    "instance.volume_*": "attachments are reported by Cinder",
    "keypair.*.start": "the end says what came of it",
    "servergroup.addmember": "a membership is not usage",
    "_rollback_live_migration": "an RPC failure; the server stays as it was",
    "compute.exception": "an RPC failure; the server's state is reported",
    "compute_task.*": "an RPC failure; the server's state is reported",
    "scheduler.*": "a decision of the scheduler, not a state",
    "*_host_to_aggregate": "an RPC failure about host aggregates",
    "*_host_from_aggregate": "an RPC failure about host aggregates",
    "aggregate.*": "host aggregates are not used by projects",
    "service.*": "services of the cloud are not used by projects",
}
