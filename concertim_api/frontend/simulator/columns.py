"""What of a body gets through, and what its columns keep of that."""

from __future__ import annotations

import dataclasses as dc

from concertim_api.frontend.simulator import coercions as to
from concertim_api.frontend.simulator import errors

_OUT_OF_RANGE = 2**31

#: The columns that are short, and how short; the other texts have no end.
_SHORT, _LONGEST = ("name", "description", "type"), 255

#: What PATCH takes of a team and of a user, from root only.
TEAM = {
    "project_id": to.stripped,
    "billing_acct_id": to.text,
    **dict.fromkeys(("cost", "credits"), to.decimal),
    **dict.fromkeys(("billing_period_start", "billing_period_end"), to.day),
}
USER = {"cloud_user_id": to.text}

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
    #: What PATCH takes, and what POST of a rack takes besides.
    template: dict
    rack: dict
    device: dict
    rack_create: dict = dc.field(default_factory=dict)
    #: What is let through to no column.
    lost: dict = dc.field(default_factory=dict)


FLAVOURS = {
    "orders": Flavour(
        priced=True,
        template=_TEMPLATE,
        rack={**_RACK, "cost": to.decimal, "order_id": to.text},
        device={**_DEVICE, "cost": to.decimal},
        lost={"rack": ("description",)},
    ),
    "hours": Flavour(
        priced=False,
        template=_TEMPLATE,
        rack=_RACK,
        device={**_DEVICE, **_BEGINNING},
        rack_create={**_BEGINNING, "cluster_type_name": to.text},
        lost={"rack": ("description",), "template": ("hourly_cost",)},
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
        raise no_method("permit", params)
    return params


def no_method(name, value):
    """Return the refusal of a value that is of another class than meant."""
    message = f"undefined method `{name}' for {to.inspect(value)}"
    return errors.crash("NoMethodError", message)


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
            message = f"{value} is out of range for an integer"
            raise errors.crash("ActiveModel::RangeError", message)
    return kept


def unknown(name, class_name):
    """Return the refusal of an attribute that has no column."""
    message = f"unknown attribute '{name}' for {class_name}."
    return errors.crash("ActiveModel::UnknownAttributeError", message)


def storable(row):
    """Return a row that the database takes. Raises Refused (500)."""
    for name in _SHORT:
        if len(getattr(row, name, None) or "") > _LONGEST:
            message = f"value too long for type varying({_LONGEST})"
            raise errors.crash("ActiveRecord::ValueTooLong", message)
    if getattr(row, "cost", 0) is None:
        raise _null("cost", row)
    return row


def _null(name, row):
    message = f'null value in column "{name}". Failing row contains ({row}).'
    return errors.crash("ActiveRecord::NotNullViolation", message)


def no_details(class_name):
    """Return the details of a device that nothing was sent of."""
    kept = dict.fromkeys(DETAILS[class_name])
    return kept | ({"volume_details": {}} if "volume_details" in kept else {})


def cast_details(class_name, sent):
    """Return what is kept of details. Raises Refused (500)."""
    columns = DETAILS.get(class_name)
    if columns is None:
        message = f"uninitialized constant {class_name}"
        raise errors.crash("NameError", message)
    for name in sent:
        if name not in columns:
            raise unknown(name, class_name)
    kept = cast(columns, sent)
    if kept.get("volume_details", {}) is None:
        raise _null("volume_details", sent)
    return kept
