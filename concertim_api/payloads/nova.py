"""Nova's servers and flavors: in the words of its notifications.

Its API has other names for the same things, and numbers for some words.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from concertim_api.payloads.facts import (
    Facts,
    Payload,
    Untranslatable,
    as_is,
    number,
    optional_text,
    pairs,
    second,
    stamp,
)
from concertim_api.payloads.spelling import Form, each, nested, spelled

#: Returns the id of a flavor that looks like this, if there is one.
FlavorId = Callable[[Mapping[str, Any]], str | None]


def _or_zero(payload: Payload, field: str) -> int:
    """Return a number; the API writes "" for none."""
    return number(payload, field) or 0


_SIZES = {
    **each(number, "vcpus ram_mb disk_gb ephemeral_gb swap_mb"),
    "extra_specs": pairs,
}
FLAVOR = Form(
    shape={"name": optional_text, **_SIZES, "is_public": as_is},
    details={**each(optional_text, "name description"), "projects": as_is},
    since=(),
)
#: The flavor in a server.
EMBEDDED_FLAVOR = {**each(optional_text, "id name"), **_SIZES}

_FIELDS: Mapping[str, Any] = {
    "ram_mb": "ram",
    "disk_gb": "disk",
    "ephemeral_gb": "ephemeral",
    "swap_mb": ("swap", _or_zero),
}

flavor = FLAVOR.spelled(
    is_public="os-flavor-access:is_public",
    **{**_FIELDS, "ephemeral_gb": "OS-FLV-EXT-DATA:ephemeral"},
)

_EMBEDDED = spelled(
    EMBEDDED_FLAVOR, {**_FIELDS, "id": None, "name": "original_name"}
)


def _image(payload: Payload, field: str) -> dict[str, Any]:
    """Return the image; a server that booted from a volume has none."""
    image = payload.get(field)
    if not isinstance(image, Mapping):
        return {"id": None}
    return {"id": optional_text(image, "id")}


def _state(payload: Payload, field: str) -> str | None:
    """Return the state. That a server is deleted is none, but an end."""
    state = optional_text(payload, field)
    return None if state == "deleted" else state


def _is_dated(payload: Payload, field: str) -> bool:
    return second(payload, field) is not None


#: The numbers that the API has for the words of the notifications.
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
    """Return the fixed addresses of a server, in all of its networks."""
    networks = payload.get(field)
    if not isinstance(networks, Mapping):
        return None
    return sorted(
        str(address["addr"])
        for addresses in networks.values()
        for address in addresses
        if address.get("OS-EXT-IPS:type", "fixed") == "fixed"
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
        **each(optional_text, "name user_id host availability_zone hostname"),
        **each(optional_text, "key_name description task_state"),
        "created_at": stamp,
        "addresses": _addresses,
        "power_state": _power_state,
        "locked": as_is,
    },
    since=("launched", "created_at"),
    kept=("task_state",),
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


def server(data: Payload, flavor_id: FlavorId) -> Facts:
    """Return what the API says of a server (from microversion 2.47 on)."""
    state = optional_text(data, "OS-EXT-STS:vm_state")
    if state is None:
        raise Untranslatable("it has no state: its cell does not answer")
    facts = _SERVER(data)
    id = flavor_id(facts.shape["flavor"])
    if id is not None:
        flavor = {"id": id, **facts.shape["flavor"]}
        facts = dc.replace(facts, shape={**facts.shape, "flavor": flavor})
    if state != "deleted":
        return facts
    return ended(
        facts,
        launched_at=second(data, "OS-SRV-USG:launched_at"),
        ended_at=second(data, "OS-SRV-USG:terminated_at", "updated"),
    )


def ended(
    facts: Facts, launched_at: datetime | None, ended_at: datetime | None
) -> Facts:
    """Return what the end of a server tells of its life: when it ran."""
    return dc.replace(
        facts,
        shape={k: v for k, v in facts.shape.items() if k != "state"},
        since=launched_at,
        at=ended_at,
        says="gone",
    )
