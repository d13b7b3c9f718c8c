"""Nova's servers and flavors: in the words of its notifications.

Its API has other names for the same things, and numbers for some words.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping
from typing import Any

from concertim_api.payloads.facts import (
    Facts,
    Payload,
    Untranslatable,
    number,
    optional_text,
    pairs,
    present,
    second,
    section,
    text,
)

#: Returns the id of a flavor that looks like this, if there is one.
FlavorId = Callable[[Mapping[str, Any]], str | None]

#: The numbers that the API has for the words of the notifications.
_POWER_STATES = {
    0: "pending",
    1: "running",
    3: "paused",
    4: "shutdown",
    6: "crashed",
    7: "suspended",
}


def server_facts(
    data: Payload,
    *,
    id: str,
    state: str | None,
    name: str | None,
    created_at: str,
    launched_at: str,
    flavor: Mapping[str, Any],
    image: Mapping[str, Any],
    task_state: str | None,
    **details: Any,
) -> Facts:
    """Return what is said of a server.

    ``created_at`` and ``launched_at`` name the fields of these dates. That a
    server is deleted is not a state, but an end.
    """
    created = second(data, created_at)
    launched = second(data, launched_at)
    return Facts(
        id=id,
        project_id=optional_text(data, "tenant_id"),
        shape=present(
            flavor=flavor or None,
            image=image,
            metadata=pairs(data.get("metadata")),
            state=None if state == "deleted" else state,
            launched=launched is not None,
        ),
        details={
            **present(
                name=name,
                user_id=optional_text(data, "user_id"),
                created_at=created.isoformat() if created else None,
                **details,
            ),
            "task_state": task_state,
        },
        since=launched or created,
    )


def server(data: Payload, flavor_id: FlavorId) -> Facts:
    """Return what the API says of a server (from microversion 2.47 on)."""
    state = optional_text(data, "OS-EXT-STS:vm_state")
    if state is None:
        raise Untranslatable("it has no state: its cell does not answer")
    facts = server_facts(
        data,
        id=text(data, "id"),
        state=state,
        name=optional_text(data, "name"),
        created_at="created",
        launched_at="OS-SRV-USG:launched_at",
        flavor=_embedded_flavor(section(data, "flavor"), flavor_id),
        image={"id": _image_id(data.get("image"))},
        task_state=optional_text(data, "OS-EXT-STS:task_state"),
        addresses=_addresses(data.get("addresses")),
        host=optional_text(data, "OS-EXT-SRV-ATTR:host"),
        availability_zone=optional_text(data, "OS-EXT-AZ:availability_zone"),
        hostname=optional_text(data, "OS-EXT-SRV-ATTR:hostname"),
        key_name=optional_text(data, "key_name"),
        power_state=_power_state(data.get("OS-EXT-STS:power_state")),
        locked=data.get("locked"),
        description=optional_text(data, "description"),
    )
    return _ended(facts, data) if state == "deleted" else facts


def _ended(facts: Facts, data: Payload) -> Facts:
    """What the end of a server tells of its life: from when it ran."""
    return dc.replace(
        facts,
        since=second(data, "OS-SRV-USG:launched_at"),
        at=second(data, "OS-SRV-USG:terminated_at", "updated"),
        says="gone",
    )


def flavor(data: Payload) -> Facts:
    """Return what the API says of a flavor."""
    shape = _sizes(data) | present(
        name=optional_text(data, "name"),
        ephemeral_gb=number(data, "OS-FLV-EXT-DATA:ephemeral"),
        is_public=data.get("os-flavor-access:is_public"),
    )
    return Facts(
        id=text(data, "id"),
        shape=shape,
        details=present(
            name=shape.get("name"),
            description=optional_text(data, "description"),
        ),
    )


def _embedded_flavor(data: Payload, flavor_id: FlavorId) -> dict[str, Any]:
    found = _sizes(data) | present(
        name=optional_text(data, "original_name"),
        ephemeral_gb=number(data, "ephemeral"),
    )
    known = flavor_id(found)
    return found if known is None else {"id": known, **found}


def _sizes(data: Payload) -> dict[str, Any]:
    return present(
        vcpus=number(data, "vcpus"),
        ram_mb=number(data, "ram"),
        disk_gb=number(data, "disk"),
        swap_mb=number(data, "swap") or 0,  # "" means none
        extra_specs=pairs(data.get("extra_specs")),
    )


def _image_id(image: object) -> str | None:
    """Return the image's id; a server that booted from a volume has none."""
    return optional_text(image, "id") if isinstance(image, Mapping) else None


def _power_state(value: object) -> str | None:
    return _POWER_STATES.get(value) if isinstance(value, int) else None


def _addresses(networks: object) -> list[str] | None:
    """Return the fixed addresses of a server, in all of its networks."""
    if not isinstance(networks, Mapping):
        return None
    return sorted(
        str(address["addr"])
        for addresses in networks.values()
        for address in addresses
        if address.get("OS-EXT-IPS:type", "fixed") == "fixed"
    )
