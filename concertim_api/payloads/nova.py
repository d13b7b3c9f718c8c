"""Nova's servers and flavors.

The forms have the words of its notifications. Its API has other fields, and
numbers for some words.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from concertim_api.payloads.facts import (
    Facts,
    Form,
    Payload,
    Spelling,
    Untranslatable,
    as_is,
    nested,
    number,
    optional_text,
    pairs,
    places_of,
    present,
    read_by,
    second,
    stamp,
)

#: In a versioned notification, the field with the object, and each in it.
WRAPPER = "nova_object.data"

#: Returns the id of the flavor with these attributes, or None.
FlavorId = Callable[[Mapping[str, Any]], str | None]


def _or_zero(payload: Payload, field: str) -> int:
    """Return a number; the API writes "" for 0."""
    return number(payload, field) or 0


_SIZES = {
    **read_by(number, "vcpus ram_mb disk_gb ephemeral_gb swap_mb"),
    "extra_specs": pairs,
}
FLAVOR = Form(
    shape={"name": optional_text, **_SIZES, "is_public": as_is},
    details={**read_by(optional_text, "name description"), "projects": as_is},
    since=(),
)
#: The attributes of the flavor in a server.
EMBEDDED_FLAVOR = {**read_by(optional_text, "id name"), **_SIZES}

_FLAVOR_FIELDS: Mapping[str, Any] = {
    "ram_mb": "ram",
    "disk_gb": "disk",
    "ephemeral_gb": "ephemeral",
    "swap_mb": ("swap", _or_zero),
}

#: Returns the facts of a flavor in an API's answer.
flavor = FLAVOR.spelled(
    is_public="os-flavor-access:is_public",
    **{**_FLAVOR_FIELDS, "ephemeral_gb": "OS-FLV-EXT-DATA:ephemeral"},
)

_EMBEDDED = places_of(
    EMBEDDED_FLAVOR, {**_FLAVOR_FIELDS, "id": None, "name": "original_name"}
)


def _image(payload: Payload, field: str) -> dict[str, Any]:
    """Return the image. Its id is None if the server booted from a volume."""
    image = payload.get(field)
    if not isinstance(image, dict):
        return {"id": None}
    return {"id": optional_text(image, "id")}


def _state(payload: Payload, field: str) -> str | None:
    """Return the state, or None if the server is deleted: it ended."""
    state = optional_text(payload, field)
    return None if state == "deleted" else state


def _is_dated(payload: Payload, field: str) -> bool:
    return second(payload, field) is not None


#: The API's numbers for the words of the notifications.
_POWER_STATES = {
    0: "pending",
    1: "running",
    3: "paused",
    4: "shutdown",
    6: "crashed",
    7: "suspended",
}


def _power_state(payload: Payload, field: str) -> str | None:
    value = payload.get(field)
    return _POWER_STATES.get(value) if isinstance(value, int) else None


def _addresses(payload: Payload, field: str) -> list[str] | None:
    """Return the fixed addresses of a server in all its networks, sorted."""
    networks = payload.get(field)
    if not isinstance(networks, dict):
        return None
    return sorted(
        str(address["addr"])
        for addresses in networks.values()
        for address in addresses
        if address.get("OS-EXT-IPS:type", "fixed") == "fixed"
    )


# Readers of fields that only the notifications have.


def image_by_id(payload: Payload, field: str) -> dict[str, Any]:
    """Return the image whose id is in a field."""
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


def image_by_url(payload: Payload, field: str) -> dict[str, Any]:
    """Return the image whose URL is in a field."""
    url = optional_text(payload, field) or ""
    properties = payload.get("image_meta")
    if not isinstance(properties, dict):
        properties = {}
    system = {"os_type": payload.get("os_type")}
    for name, spellings in _SYSTEM.items():
        for spelling in spellings:
            system[name] = properties.get(spelling) or system.get(name)
    texts = {k: v for k, v in system.items() if isinstance(v, str) and v}
    return {"id": url.rpartition("/")[2] or None, **texts}


def fixed_addresses(payload: Payload, field: str) -> list[str] | None:
    """Return the fixed addresses, sorted. In one format each is wrapped."""
    addresses = payload.get(field)
    if not isinstance(addresses, list):
        return None
    objects = [
        address.get(WRAPPER, address)
        for address in addresses
        if isinstance(address, dict)
    ]
    return sorted(
        str(data["address"])
        for data in objects
        if isinstance(data, dict) and data.get("address")
    )


def task_state(payload: Payload, field: str) -> str | None:
    """Return the task; some events have it in a field of their own."""
    return optional_text(payload, field) or optional_text(
        payload, "state_description"
    )


SERVER = Form(
    shape={
        "flavor": nested(_EMBEDDED),
        "image": _image,
        "metadata": pairs,
        "state": _state,
        "launched": _is_dated,
    },
    details={
        **read_by(optional_text, "name user_id host availability_zone"),
        **read_by(optional_text, "hostname key_name description task_state"),
        "created_at": stamp,
        "addresses": _addresses,
        "power_state": _power_state,
        "locked": as_is,
    },
    nullable=("task_state",),
)

_SERVER = SERVER.spelled(
    project_id="tenant_id",
    state="OS-EXT-STS:vm_state",
    launched="OS-SRV-USG:launched_at",
    created_at="created",
    host="OS-EXT-SRV-ATTR:host",
    availability_zone="OS-EXT-AZ:availability_zone",
    hostname="OS-EXT-SRV-ATTR:hostname",
    power_state="OS-EXT-STS:power_state",
    task_state="OS-EXT-STS:task_state",
)


def server(payload: Payload, flavor_id: FlavorId) -> Facts:
    """Return the facts of a server in an API's answer, from microversion
    2.47 on. Raises MALFORMED.

    ``flavor_id`` is called once: the API has the flavor without its id. A
    deleted server is gone from the end of its life on.
    """
    state = optional_text(payload, "OS-EXT-STS:vm_state")
    if state is None:
        raise Untranslatable("it has no state: its cell does not answer")
    facts = _SERVER(payload)
    flavor = facts.shape["flavor"]
    flavor = {**present(id=flavor_id(flavor)), **flavor}
    facts = dc.replace(facts, shape={**facts.shape, "flavor": flavor})
    if state != "deleted":
        return facts
    return ended(facts, second(payload, "OS-SRV-USG:terminated_at", "updated"))


def ended(facts: Facts, ended_at: datetime | None) -> Facts:
    """Return the facts of a server that is gone.

    One that never was launched had no life.
    """
    return dc.replace(
        facts,
        shape={k: v for k, v in facts.shape.items() if k != "state"},
        since=facts.since if facts.shape["launched"] else None,
        at=ended_at,
        says="gone",
    )


def spawned(reader: Spelling) -> Spelling:
    """Return the reader of the event at the end of a spawn.

    The server is launched then, whatever date Nova has of that. It has the
    very date of the start, which no other event has: Nova sets launched_at
    again at each rescue, resize and evacuation.
    """

    def read(payload: Payload) -> Facts:
        facts = reader(payload)
        shape = {**facts.shape, "launched": True}
        return dc.replace(facts, shape=shape, since=None)

    return read


def at_end(
    reader: Spelling, is_end: Callable[[Payload], bool] = lambda _: True
) -> Spelling:
    """Return the reader of an event that has the end of a server's life.

    ``is_end`` tells of the payload whether it has; else the server lives.
    """

    def read(payload: Payload) -> Facts:
        data = payload.get(WRAPPER, payload)
        facts = reader(payload)
        if not is_end(data):
            return facts
        return ended(facts, second(data, "terminated_at", "deleted_at"))

    return read


def _is_terminated(data: Payload) -> bool:
    return second(data, "terminated_at") is not None


def _is_deleted(data: Payload) -> bool:
    return optional_text(data, "state") == "deleted"


def is_gone(data: Payload) -> bool:
    """Whether the audit has a server that is gone.

    One that can still be restored has a deleted_at, but did not end.
    """
    return _is_deleted(data) or _is_terminated(data)


def is_end(data: Payload) -> bool:
    """Whether an update is of the end, should delete.end not come."""
    return _is_deleted(data) and _is_terminated(data)
