"""Nova's servers, in both of its formats.

They say the same here: the words of both merge, at the resolution of Nova's
own records.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Mapping
from typing import Any

from concertim_api.listener.rows import Reader
from concertim_api.payloads import nova
from concertim_api.payloads.facts import (
    Facts,
    Payload,
    number,
    optional_text,
    pairs,
    present,
    second,
    section,
    text,
    versioned,
)


def unversioned_server(payload: Payload) -> Iterable[Facts]:
    image = payload.get("image_meta")
    yield _server(
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


def versioned_server(payload: Payload) -> Iterable[Facts]:
    data = versioned(payload, "nova")
    flavor = versioned(section(data, "flavor"), "nova")
    yield _server(
        data,
        id=text(data, "uuid"),
        flavor=versioned_flavor(flavor),
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


def _server(data: Payload, **named: Any) -> Facts:
    return nova.server_facts(
        data,
        state=optional_text(data, "state"),
        name=optional_text(data, "display_name"),
        created_at="created_at",
        launched_at="launched_at",
        host=optional_text(data, "host"),
        availability_zone=optional_text(data, "availability_zone"),
        **named,
    )


def _flavor(data: Payload, **named: Any) -> dict[str, Any]:
    return present(
        **named,
        vcpus=number(data, "vcpus"),
        ram_mb=number(data, "memory_mb"),
        disk_gb=number(data, "root_gb"),
        ephemeral_gb=number(data, "ephemeral_gb"),
    )


def versioned_flavor(flavor: Payload) -> dict[str, Any]:
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


def ended(read: Reader) -> Reader:
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


def audited(read: Reader) -> Reader:
    """The periodic audit reports the deleted too.

    One that can still be restored has a deleted_at, but did not end.
    """

    def reader(payload: Payload) -> Iterable[Facts]:
        data = payload.get("nova_object.data", payload)
        gone = (
            optional_text(data, "state") == "deleted"
            or second(data, "terminated_at") is not None
        )
        return (ended(read) if gone else read)(payload)

    return reader
