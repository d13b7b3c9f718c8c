"""What of a body gets through, and what its columns keep of that."""

from __future__ import annotations

import dataclasses as dc

from concertim_api.frontend.simulator import coercions as to
from concertim_api.frontend.simulator import errors

_OUT_OF_RANGE = 2**31

_TEMPLATE = {
    **dict.fromkeys(("name", "description", "foreign_id"), to.text),
    **dict.fromkeys(("vcpus", "ram", "disk"), to.integer),
}
_RACK = {
    **dict.fromkeys(("name", "status", "creation_output"), to.text),
    "u_height": to.integer,
}
_DEVICE = dict.fromkeys(("name", "type", "description", "status"), to.text)
_BEGINNING = {"cloud_created_at": to.moment}

#: What a template is made with only, and the place of a device.
ONCE = {"height": to.integer, "tag": to.text}
PLACE = {"rack_id": to.text, "start_u": to.integer, "facing": to.text}


@dc.dataclass(frozen=True)
class Flavour:
    """One of two interfaces: today's, and the one that it is to become.

    Each has the scalars that a body may hold, and their columns.
    """

    #: Whether racks are ordered and teams pay: order_id, cost, credits.
    priced: bool
    #: What PATCH takes, and what POST takes besides.
    template: dict
    rack: dict
    device: dict
    rack_create: dict = dc.field(default_factory=dict)
    device_create: dict = dc.field(default_factory=dict)


FLAVOURS = {
    "orders": Flavour(
        priced=True,
        template=_TEMPLATE,
        rack={**_RACK, "cost": to.decimal, "order_id": to.text},
        device={**_DEVICE, "cost": to.decimal},
    ),
    "hours": Flavour(
        priced=False,
        template={**_TEMPLATE, "hourly_cost": to.decimal},
        rack=_RACK,
        device=_DEVICE,
        rack_create={**_BEGINNING, "cluster_type_name": to.text},
        device_create=_BEGINNING,
    ),
}

#: What a device tells besides: one class per type.
DETAILS = {
    "Device::ComputeDetails": {
        **dict.fromkeys(("public_ips", "private_ips"), to.text),
        **dict.fromkeys(("ssh_key", "login_user"), to.text),
        "volume_details": to.anything,
    },
    "Device::VolumeDetails": {
        **dict.fromkeys(("availability_zone", "volume_type"), to.text),
        **dict.fromkeys(("bootable", "encrypted", "read_only"), to.boolean),
        "size": to.integer,
    },
    "Device::NetworkDetails": {
        **dict.fromkeys(("dns_domain", "qos_policy"), to.text),
        **dict.fromkeys(("admin_state_up", "l2_adjacency"), to.boolean),
        **dict.fromkeys(("port_security_enabled", "shared"), to.boolean),
        "mtu": to.integer,
    },
}
DETAILS_OF = {
    "Instance": "Device::ComputeDetails",
    "Volume": "Device::VolumeDetails",
    "Network": "Device::NetworkDetails",
}


def require(body, name):
    """Return the object under a name. Raises Refused without one (400)."""
    params = body.get(name)
    if params in (None, "", {}, []):
        raise errors.missing(name)
    if not isinstance(params, dict):
        raise errors.crash(f"undefined method `permit' for {params!r}")
    return params


def scalars(params, columns):
    """Return those of the columns that a body has a scalar for, as sent."""
    return {
        name: params[name]
        for name in columns
        if name in params and not isinstance(params[name], dict | list)
    }


def objects(params, *names):
    """Return those that are objects: a string is not missed."""
    return {
        name: params[name]
        for name in names
        if isinstance(params.get(name), dict)
    }


def cast(columns, sent):
    """Return what the columns keep of what was sent."""
    kept = {name: columns[name](value) for name, value in sent.items()}
    for value in kept.values():
        if isinstance(value, int) and abs(value) >= _OUT_OF_RANGE:
            raise errors.crash(f"{value} is out of range for an integer")
    return kept


def no_details(class_name):
    """Return the details of a device that nothing was sent of."""
    kept = dict.fromkeys(DETAILS[class_name])
    return kept | ({"volume_details": {}} if "volume_details" in kept else {})


def cast_details(class_name, sent):
    """Return what is kept of details. Raises Refused (500)."""
    columns = DETAILS.get(class_name)
    if columns is None:
        raise errors.crash(f"uninitialized constant {class_name}")
    for name in sent:
        if name not in columns:
            raise errors.crash(f"unknown attribute '{name}' for {class_name}.")
    kept = cast(columns, sent)
    if kept.get("volume_details", {}) is None:
        raise errors.crash("null value in column volume_details")
    return kept
