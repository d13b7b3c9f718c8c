"""Nova's servers, in both of its formats.

Both formats give the same attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertim_api.listener.rows import ObjectReader
from concertim_api.payloads import nova
from concertim_api.payloads.facts import (
    Facts,
    Payload,
    nested,
    optional_text,
    places_of,
    present,
    second,
    values,
)

WRAPPER = "nova_object.data"

#: The sizes of a flavor, in both formats.
SIZES = {"ram_mb": "memory_mb", "disk_gb": "root_gb", "swap_mb": "swap"}

_VERSIONED_FLAVOR = places_of(
    nova.EMBEDDED_FLAVOR, {**SIZES, "id": "flavorid"}
)
_UNVERSIONED_FLAVOR = places_of(
    nova.EMBEDDED_FLAVOR,
    {**SIZES, "id": "instance_flavor_id", "name": "instance_type"},
)


def _unversioned_flavor(payload: Payload, _: str) -> dict[str, Any] | None:
    """Return the flavor: its fields are beside those of the server."""
    return values(payload, _UNVERSIONED_FLAVOR) or None


def _versioned_image(payload: Payload, field: str) -> dict[str, Any]:
    return {
        "id": optional_text(payload, field),
        **present(os_type=optional_text(payload, "os_type")),
    }


#: The properties of an image with its operating system.
_SYSTEM = {
    "os_distro": ("os_distro", "distro", "org.openstack__1__os_distro"),
    "os_version": ("os_version", "version", "org.openstack__1__os_version"),
    "os_type": ("os_type",),
}


def _unversioned_image(payload: Payload, field: str) -> dict[str, Any]:
    url = optional_text(payload, field) or ""
    properties = payload.get("image_meta")
    if not isinstance(properties, Mapping):
        properties = {}
    system = {"os_type": payload.get("os_type")}
    for name, spellings in _SYSTEM.items():
        for spelling in spellings:
            system[name] = properties.get(spelling) or system.get(name)
    texts = {k: v for k, v in system.items() if isinstance(v, str) and v}
    return {"id": url.rpartition("/")[2] or None, **texts}


def _addresses(payload: Payload, field: str) -> list[str] | None:
    """Return the fixed addresses, sorted. In one format each is wrapped."""
    addresses = payload.get(field)
    if not isinstance(addresses, list):
        return None
    objects = [
        address.get(WRAPPER, address)
        for address in addresses
        if isinstance(address, Mapping)
    ]
    return sorted(
        str(data["address"])
        for data in objects
        if isinstance(data, Mapping) and data.get("address")
    )


def _task_state(payload: Payload, field: str) -> str | None:
    return optional_text(payload, field) or optional_text(
        payload, "state_description"
    )


unversioned_server = nova.SERVER.spelled(
    id="instance_id",
    project_id="tenant_id",
    flavor=("", _unversioned_flavor),
    image=("image_ref_url", _unversioned_image),
    launched="launched_at",
    name="display_name",
    addresses=("fixed_ips", _addresses),
    task_state=("new_task_state", _task_state),
)

versioned_server = nova.SERVER.spelled(
    id="uuid",
    project_id="tenant_id",
    wrapper=WRAPPER,
    flavor=("flavor", nested(_VERSIONED_FLAVOR, WRAPPER)),
    image=("image_uuid", _versioned_image),
    launched="launched_at",
    name="display_name",
    addresses=("ip_addresses", _addresses),
    hostname="host_name",
    power_state=("power_state", optional_text),
    description="display_description",
)


def ended(reader: ObjectReader) -> ObjectReader:
    """Return the reader of events at the end of a server's life."""

    def read(payload: Payload) -> Facts:
        data = payload.get(WRAPPER, payload)
        return nova.ended(
            reader(payload),
            launched_at=second(data, "launched_at"),
            ended_at=second(data, "terminated_at", "deleted_at"),
        )

    return read


def audited(reader: ObjectReader) -> ObjectReader:
    """Return the reader of the periodic audit, which has the deleted, too.

    A server that can still be restored has a deleted_at, but did not end.
    """
    ended_reader = ended(reader)

    def read(payload: Payload) -> Facts:
        data = payload.get(WRAPPER, payload)
        is_gone = (
            optional_text(data, "state") == "deleted"
            or second(data, "terminated_at") is not None
        )
        return (ended_reader if is_gone else reader)(payload)

    return read
