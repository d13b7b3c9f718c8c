"""Racks, devices and templates in the words of the Concertim app.

Pure. What is wanted has all that a creation needs; what is held, those
fields of it that the app tells, so that one can be compared with the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from concertim_api.domain.reconcile import Fields
from concertim_api.domain.view.model import Device, Rack, Template
from concertim_api.frontend import legacy
from concertim_api.services.push.frontend import FrontEndObject

#: The app has pictures of templates up to this height.
_HIGHEST_U = 6

_LONGEST = 255

#: How the app knows the details of each type of device.
_DETAILS = {
    "Instance": "Device::ComputeDetails",
    "Volume": "Device::VolumeDetails",
    "Network": "Device::NetworkDetails",
}

#: The details that we tell; those of other programs stay as they are.
_TOLD = {
    "Instance": (
        "public_ips",
        "private_ips",
        "ssh_key",
        "login_user",
        "volume_details",
    ),
    "Volume": (
        "availability_zone",
        "bootable",
        "encrypted",
        "size",
        "volume_type",
    ),
    "Network": (
        "admin_state_up",
        "l2_adjacency",
        "mtu",
        "shared",
        "port_security_enabled",
    ),
}


def template(flavor: Template, name: str) -> dict[str, Any]:
    """Return how a flavor is to be shown. A size of 0 is none there."""
    found: dict[str, Any] = {
        "name": name,
        "height": min(flavor.height_u, _HIGHEST_U),
        "foreign_id": flavor.ref.id,
        "vcpus": flavor.vcpus or None,
        "ram": flavor.ram_mb or None,
        "disk": flavor.disk_gb or None,
    }
    if flavor.description:
        found["description"] = flavor.description[:_LONGEST]
    specs = flavor.details.get("extra_specs") or {}
    hourly = _number(specs.get("hourly_cost"))
    if hourly is not None:
        found["hourly_cost"] = hourly
    return found


def _number(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if 0 <= found < float("inf") else None


def rack(
    stack: Rack, team_id: str, order_id: str | None, held: Fields
) -> dict[str, Any]:
    """Return how a stack is to be shown.

    A rack that is higher there stays so: what stands in it may not be ours.
    """
    outputs = dict(stack.outputs)
    found: dict[str, Any] = {
        "team_id": team_id,
        "name": stack.name,
        "u_height": max(stack.height_u, held.get("u_height") or 0),
        "status": stack.status,
        "creation_output": creation_output(outputs),
        "metadata": {
            "openstack_stack_id": stack.ref.id,
            "openstack_stack_owner": stack.owner,
            "openstack_stack_owner_id": stack.project_id,
            "stack_status_reason": stack.status_reason,
            "openstack_stack_output": outputs,
        },
        "cloud_created_at": _moment(stack),
        "cluster_type_name": outputs.get("concertim_cluster_type"),
    }
    if order_id is not None:
        found["order_id"] = order_id
    if stack.cost is not None:
        found["cost"] = float(stack.cost)
    return found


def creation_output(outputs: Mapping[str, Any]) -> str:
    """Return a stack's outputs as ``key=value, key=value``.

    The app splits them at commas and equals signs: what has such signs of
    its own is left out here, and is whole in the metadata only.
    """
    pairs = ((key, _flat(outputs[key])) for key in sorted(outputs))
    return ", ".join(
        f"{key}={value}"
        for key, value in pairs
        if value is not None and _fits(key) and _fits(value)
    )


def _flat(value: Any) -> str | None:
    """Return a value in one line; None: it has none, or parts of its own."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return " ".join(str(value).split())
    if isinstance(value, list) and value:
        parts = [_flat(part) for part in value]
        return None if None in parts else " ".join(map(str, parts))
    return None


def _fits(text: str) -> bool:
    return bool(text) and "=" not in text and ", " not in text


def device(
    member: Device, rack_id: str, template_id: str, held: Fields
) -> dict[str, Any]:
    """Return how a server, volume or network is to be shown."""
    metadata: dict[str, Any] = {
        "openstack_instance_id": member.ref.id,
        "openstack_stack_id": member.rack.id,
    }
    if member.type == "Instance":
        metadata["net_interfaces"] = list(member.networks)
    found: dict[str, Any] = {
        "rack_id": rack_id,
        "template_id": template_id,
        "name": member.name,
        "type": member.type,
        "status": member.status,
        "metadata": metadata,
        "details": {
            "type": _DETAILS[member.type],
            **_details(member, held.get("details") or {}),
        },
        "cloud_created_at": _moment(member),
    }
    if member.label not in ("", member.name):
        found["description"] = member.label[:_LONGEST]
    if member.slot is not None:
        found["location"] = {"start_u": member.slot.start_u, "facing": "f"}
        found["height_u"] = member.slot.height_u
    return found


def _details(member: Device, held: Fields) -> dict[str, Any]:
    if member.type == "Instance":
        volumes = list(member.details.get("volume_details") or ())
        return {
            "public_ips": ", ".join(member.public_ips),
            "private_ips": ", ".join(member.private_ips),
            "ssh_key": member.details.get("ssh_key"),
            # No API tells it: what somebody else has found out, stays.
            "login_user": member.details.get("login_user")
            or legacy.text(held.get("login_user")),
            "volume_details": {"ids": volumes} if volumes else {},
        }
    told = _TOLD[member.type]
    return {
        name: member.details[name]
        for name in told
        if member.details.get(name) is not None
    }


def _moment(shown: Rack | Device) -> str | None:
    moment = shown.created_at
    return None if moment is None else moment.isoformat()


# What the app tells


def things(
    noun: str, told: Iterable[Mapping[str, Any]]
) -> Iterator[FrontEndObject]:
    """Yield what a list of the app has."""
    return (thing(noun, one) for one in told)


def thing(noun: str, told: Mapping[str, Any]) -> FrontEndObject:
    """Return what the app tells of an object."""
    cloud_id, fields = _READ[noun](told)
    return FrontEndObject(noun, str(told["id"]), cloud_id or None, fields)


def _team(told: Mapping[str, Any]) -> tuple[str | None, Fields]:
    return _id(told.get("project_id")), {"name": told.get("name")}


def _template(told: Mapping[str, Any]) -> tuple[str | None, Fields]:
    names = (
        "name",
        "description",
        "foreign_id",
        "vcpus",
        "ram",
        "disk",
        "tag",
        "hourly_cost",
    )
    fields = {name: told[name] for name in names if name in told}
    if "hourly_cost" in fields:
        fields["hourly_cost"] = _number(fields["hourly_cost"])
    foreign = None if told.get("tag") else _id(told.get("foreign_id"))
    return foreign, fields


def _rack(told: Mapping[str, Any]) -> tuple[str | None, Fields]:
    names = ("name", "u_height", "status", "creation_output", "order_id")
    fields = {name: told[name] for name in names if name in told}
    fields["metadata"] = _object(told.get("metadata"))
    owner = _object(told.get("owner"))
    if owner.get("id"):
        fields["team_id"] = str(owner["id"])
    if "cost" in told:
        fields["cost"] = _number(told["cost"])
    return _id(fields["metadata"].get("openstack_stack_id")), fields


def _device(told: Mapping[str, Any]) -> tuple[str | None, Fields]:
    place, kind = _object(told.get("location")), told.get("type") or "Instance"
    fields = {
        name: told[name]
        for name in ("name", "description", "status", "type")
        if name in told
    }
    fields["metadata"] = _object(told.get("metadata"))
    fields["rack_id"] = str(place.get("rack_id"))
    fields["location"] = {n: place.get(n) for n in ("start_u", "facing")}
    fields["end_u"] = place.get("end_u")
    fields["details"] = {
        "type": _DETAILS.get(kind),
        **{n: told[n] for n in _TOLD.get(kind, ()) if n in told},
    }
    return _id(fields["metadata"].get("openstack_instance_id")), fields


_READ = {
    "team": _team,
    "template": _template,
    "rack": _rack,
    "device": _device,
}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _id(value: Any) -> str | None:
    """Return an id of the cloud; a predecessor wrote "None" for none."""
    return legacy.text(value) if isinstance(value, str) else None
