"""What a device tells besides: one class per type."""

from __future__ import annotations

from tests.contract.concertim import coercions as to
from tests.contract.concertim import errors, parameters

CLASSES = {
    "Device::ComputeDetails": {
        "public_ips": to.text,
        "private_ips": to.text,
        "ssh_key": to.text,
        "login_user": to.text,
        "volume_details": to.anything,
    },
    "Device::VolumeDetails": {
        "availability_zone": to.text,
        "bootable": to.boolean,
        "encrypted": to.boolean,
        "read_only": to.boolean,
        "size": to.integer,
        "volume_type": to.text,
    },
    "Device::NetworkDetails": {
        "admin_state_up": to.boolean,
        "dns_domain": to.text,
        "l2_adjacency": to.boolean,
        "mtu": to.integer,
        "port_security_enabled": to.boolean,
        "qos_policy": to.text,
        "shared": to.boolean,
    },
}
OF_TYPE = {
    "Instance": "Device::ComputeDetails",
    "Volume": "Device::VolumeDetails",
    "Network": "Device::NetworkDetails",
}
#: Where the class is not told, it is that of the time before classes.
LEGACY = "Device::ComputeDetails"


def given(params):
    """Return the class and attributes that a body gives, or nothing."""
    details = params.get("details")
    if not isinstance(details, dict) or not details:
        return None
    attributes = {k: v for k, v in details.items() if k != "type"}
    return details.get("type"), attributes


def blank(class_name):
    """Return the details of a device that was given none."""
    kept = dict.fromkeys(CLASSES.get(class_name, ()))
    if "volume_details" in kept:
        kept["volume_details"] = {}
    return kept


def cast(class_name, attributes):
    """Return what is kept of attributes. Raises Refused (500)."""
    columns = CLASSES.get(class_name)
    if columns is None:
        raise errors.crash(f"uninitialized constant {class_name}")
    for name in attributes:
        if name not in columns:
            raise errors.crash(f"unknown attribute '{name}' for {class_name}.")
    kept = parameters.cast(columns, attributes)
    if kept.get("volume_details", {}) is None:
        raise errors.crash("null value in column volume_details")
    return kept
