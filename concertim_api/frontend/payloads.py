"""Racks, devices and templates in the words of the Concertim app.

Pure. The desired fields are all that a creation needs. The actual fields are
those of them that the app answers, so that the two can be compared. Claims
are the names and places that only one object of the app can have.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Any

from concertim_api.domain.reconcile import Fields
from concertim_api.domain.view.model import Device, Rack, Template
from concertim_api.services.push.frontend import FrontEndObject

#: The app has pictures of templates up to this height.
_HIGHEST_U = 6

#: Letters of a description. A longer one is an internal error of the app.
_LONGEST = 255

#: The decimals of an amount that the app shows. It cuts the others.
_CENT = Decimal("0.01")

_LONGEST_NAME = 140

#: Type of device -> type of its details in the app.
_DETAILS = {
    "Instance": "Device::ComputeDetails",
    "Volume": "Device::VolumeDetails",
    "Network": "Device::NetworkDetails",
}

#: The details that we write. Those of other programs stay as they are.
_DETAIL_NAMES = {
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
    """Return the desired fields of a template. The app has no size of 0."""
    fields: dict[str, Any] = {
        "name": name,
        "height": min(flavor.height_u, _HIGHEST_U),
        "foreign_id": flavor.ref.id,
        "vcpus": flavor.vcpus or None,
        "ram": flavor.ram_mb or None,
        "disk": flavor.disk_gb or None,
    }
    if flavor.description:
        fields["description"] = _cut(flavor.description)
    return fields


def _cut(description: str) -> str:
    """Return what fits of a description; a mark ends what was cut."""
    if len(description) <= _LONGEST:
        return description
    return f"{description[: _LONGEST - 1]}…"


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 <= number < float("inf") else None


def rack(
    stack: Rack, team_id: str, order_id: str | None, actual: Fields
) -> dict[str, Any]:
    """Return the desired fields of a rack.

    A rack does not get lower: it may hold devices of other programs.
    """
    outputs = dict(stack.outputs)
    fields: dict[str, Any] = {
        "team_id": team_id,
        "name": stack.name,
        "u_height": max(stack.height_u, actual.get("u_height") or 0),
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
        fields["order_id"] = order_id
    if stack.cost is not None:
        fields["cost"] = float(stack.cost.quantize(_CENT, ROUND_DOWN))
    return fields


def creation_output(outputs: Mapping[str, Any]) -> str:
    """Return a stack's outputs as ``key=value, key=value``.

    The app splits them at commas and equals signs. Outputs with such signs
    are left out here; the metadata have all.
    """
    pairs = ((key, _flat(outputs[key])) for key in sorted(outputs))
    return ", ".join(
        f"{key}={value}"
        for key, value in pairs
        if value is not None and _fits(key) and _fits(value)
    )


def _flat(value: Any) -> str | None:
    """Return a value as one line; None: it is empty, or nested."""
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
    member: Device, rack_id: str, template_id: str, actual: Fields
) -> dict[str, Any]:
    """Return the desired fields of a device."""
    metadata: dict[str, Any] = {
        "openstack_instance_id": member.ref.id,
        "openstack_stack_id": member.rack.id,
    }
    if member.type == "Instance":
        metadata["net_interfaces"] = list(member.networks)
    fields: dict[str, Any] = {
        "rack_id": rack_id,
        "template_id": template_id,
        "name": member.name,
        "type": member.type,
        "status": member.status,
        "metadata": metadata,
        "details": {
            "type": _DETAILS[member.type],
            **_details(member, actual.get("details") or {}),
        },
        "cloud_created_at": _moment(member),
    }
    if member.label not in ("", member.name):
        fields["description"] = _cut(member.label)
    if member.slot is not None:
        fields["location"] = {"start_u": member.slot.start_u, "facing": "f"}
        fields["height_u"] = member.slot.height_u
    return fields


def _details(member: Device, actual: Fields) -> dict[str, Any]:
    if member.type == "Instance":
        volumes = list(member.details.get("volume_details") or ())
        return {
            "public_ips": ", ".join(member.public_ips),
            "private_ips": ", ".join(member.private_ips),
            "ssh_key": member.details.get("ssh_key"),
            # OpenStack has no API for it: the app's own value stays.
            "login_user": member.details.get("login_user")
            or text(actual.get("login_user")),
            "volume_details": {"ids": volumes} if volumes else {},
        }
    names = _DETAIL_NAMES[member.type]
    return {
        name: member.details[name]
        for name in names
        if member.details.get(name) is not None
    }


def _moment(item: Rack | Device) -> str | None:
    moment = item.created_at
    return None if moment is None else moment.isoformat()


# Answers of the app


def thing(noun: str, data: Mapping[str, Any]) -> FrontEndObject:
    """Return an object of the app, as it answers it."""
    cloud_id, fields = _READERS[noun](data)
    return FrontEndObject(noun, str(data["id"]), cloud_id or None, fields)


def _team(data: Mapping[str, Any]) -> tuple[str | None, Fields]:
    return _id(data.get("project_id")), {"name": data.get("name")}


def _template(data: Mapping[str, Any]) -> tuple[str | None, Fields]:
    names = (
        "name",
        "description",
        "foreign_id",
        "vcpus",
        "ram",
        "disk",
        "tag",
    )
    fields = {name: data[name] for name in names if name in data}
    foreign = None if data.get("tag") else _id(data.get("foreign_id"))
    return foreign, fields


def _rack(data: Mapping[str, Any]) -> tuple[str | None, Fields]:
    names = ("name", "u_height", "status", "creation_output", "order_id")
    fields = {name: data[name] for name in names if name in data}
    fields["metadata"] = _object(data.get("metadata"))
    owner = _object(data.get("owner"))
    if owner.get("id"):
        fields["team_id"] = str(owner["id"])
    if "cost" in data:
        fields["cost"] = _number(data["cost"])
    return _id(fields["metadata"].get("openstack_stack_id")), fields


def _device(data: Mapping[str, Any]) -> tuple[str | None, Fields]:
    place, kind = _object(data.get("location")), data.get("type") or "Instance"
    fields = {
        name: data[name]
        for name in ("name", "description", "status", "type")
        if name in data
    }
    fields["metadata"] = _object(data.get("metadata"))
    fields["rack_id"] = str(place.get("rack_id"))
    fields["location"] = {n: place.get(n) for n in ("start_u", "facing")}
    fields["end_u"] = place.get("end_u")
    fields["details"] = {
        "type": _DETAILS.get(kind),
        **{n: data[n] for n in _DETAIL_NAMES.get(kind, ()) if n in data},
    }
    return _id(fields["metadata"].get("openstack_instance_id")), fields


_READERS = {
    "team": _team,
    "template": _template,
    "rack": _rack,
    "device": _device,
}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _id(value: Any) -> str | None:
    """Return an id of the cloud; None: none, or the text "None"."""
    return text(value) if isinstance(value, str) else None


def text(value: Any) -> str | None:
    """Return a value as text; None: it has none.

    An older program wrote every value as Python's text of it: "None".
    """
    is_empty = value is None or str(value).strip() in ("", "None")
    return None if is_empty else str(value)


# Claims


def claims(noun: str, fields: Fields) -> frozenset[Hashable]:
    """Return the names and places of an object. A template's name is unique
    in the app, a rack's in its team, a device's in its rack."""
    name = fields.get("name")
    if noun == "template":
        return frozenset({("template", name)})
    if noun == "rack":
        order = fields.get("order_id")
        orders = {("order", order)} if order else set()
        return frozenset({("rack", fields.get("team_id"), name), *orders})
    rack = fields.get("rack_id")
    return frozenset({("device", rack, name), *_units(rack, fields)})


def _units(rack: object, fields: Fields) -> Iterable[Hashable]:
    start = (fields.get("location") or {}).get("start_u")
    if not isinstance(start, int):
        return ()
    end = fields.get("end_u") or start
    if fields.get("height_u"):
        end = start + fields["height_u"] - 1
    return (("u", rack, n) for n in range(start, end + 1))


def step(
    noun: str,
    actual: Fields,
    desired: Collection[Hashable],
    claimed: Collection[Hashable],
    height_u: int,
) -> Fields | None:
    """Return a free name, and a free place in the rack, for an object that
    has what others desire.

    Only for what they desire. None: the rack is full.
    """
    conflicts = claims(noun, actual) & frozenset(desired)
    fields: dict[str, object] = {}
    if any(_is_name(token) for token in conflicts):
        fields["name"] = _other_name(actual["name"], claimed)
    if noun == "device" and not all(_is_name(token) for token in conflicts):
        start = _gap(actual, claimed, height_u)
        if start is None:
            return None
        fields["location"] = {**actual["location"], "start_u": start}
    return fields


def _is_name(token: Hashable) -> bool:
    return isinstance(token, tuple) and token[0] != "u"


def _other_name(name: str, claimed: Collection[Hashable]) -> str:
    names = {t[-1] for t in claimed if isinstance(t, tuple)}
    n = 1
    while (other := f"{name[:_LONGEST_NAME]}-moving-{n}") in names:
        n += 1
    return other


def _gap(
    actual: Fields, claimed: Collection[Hashable], height_u: int
) -> int | None:
    rack = actual.get("rack_id")
    high = len([*_units(rack, actual)])
    for start in range(height_u - high + 1, 0, -1):
        if all(("u", rack, start + n) not in claimed for n in range(high)):
            return start
    return None
