"""The kinds of resources, and what of them is counted."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from decimal import Context, Decimal

from concertim_api.domain.ledger.observations import Attributes


@dc.dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource.

    ``dictionary``: others refer to it by id, and show its name as their
    type. ``type_of``: the dictionary that this kind's own type is in.
    """

    name: str
    title: str
    dictionary: bool = False
    type_of: str | None = None


KINDS = {
    kind.name: kind
    for kind in (
        Kind("instance", "Server of Nova"),
        Kind("volume", "Volume of Cinder", type_of="volume_type"),
        Kind("snapshot", "Snapshot of a volume"),
        Kind("backup", "Backup of a volume"),
        Kind("volume_type", "Volume type", dictionary=True),
        Kind("image", "Image of Glance"),
        Kind("network", "Network of Neutron"),
        Kind("port", "Port of a network"),
        Kind("router", "Router between networks"),
        Kind("floating_ip", "Floating IP address"),
        Kind("stack", "Stack of Heat (a cluster)"),
        Kind("flavor", "Flavor of Nova", dictionary=True),
        Kind("keypair", "Key pair of a user"),
        Kind("server_group", "Server group of Nova"),
        Kind("user", "User of Keystone"),
        Kind("project", "Project of Keystone"),
        Kind("baremetal_node", "Node of Ironic, as enrolled"),
        Kind("baremetal_port", "Port of an Ironic node"),
    )
}


@dc.dataclass(frozen=True, slots=True)
class Size:
    """What a shape amounts to while it lasts. Zero: not a property of it."""

    vcpus: int = 0
    ram_mb: int = 0
    disk_gb: int = 0


def size_of(shape: Attributes) -> Size:
    """Return the size of a shape.

    A flavor's disk is root plus ephemeral, as Nova counts it; of a volume,
    a snapshot or an operator's own kind it is ``size_gb``.
    """
    flavor = _flavor(shape)
    return Size(
        vcpus=_whole(flavor.get("vcpus")),
        ram_mb=_whole(flavor.get("ram_mb")),
        disk_gb=_whole(flavor.get("disk_gb"))
        + _whole(flavor.get("ephemeral_gb"))
        + _whole(shape.get("size_gb")),
    )


def uncountable(shape: Attributes) -> str | None:
    """Return the name of a size that counts nothing: it is negative, a truth,
    or more than there can be. None: there is none."""
    flavor = _flavor(shape)
    for name in ("vcpus", "ram_mb", "disk_gb", "ephemeral_gb"):
        if _is_uncountable(flavor.get(name)):
            return f"flavor.{name}"
    return "size_gb" if _is_uncountable(shape.get("size_gb")) else None


def _is_uncountable(value: object) -> bool:
    return isinstance(value, int) and not (
        0 <= value < 2**31 and not isinstance(value, bool)
    )


def type_of(shape: Attributes) -> str | None:
    """Return the flavor's name, or the id of the volume's type."""
    found = _flavor(shape).get("name") or shape.get("type")
    return None if found is None else str(found)


def is_usage(shape: Attributes) -> bool:
    """Whether what has this shape is used.

    A server is from its launch on, as Nova itself counts; one that is being
    built, or that no host could take, holds nothing yet.
    """
    return shape.get("launched") is not False


def state_of(shape: Attributes, details: Attributes) -> str | None:
    """Return the state: part of the shape where usage depends on it."""
    found = shape.get("state") or details.get("state")
    return None if found is None else str(found)


#: kind -> the detail that names what a resource of it belongs to.
_OWNER = {
    "port": "device_id",
    "floating_ip": "port_id",
    "snapshot": "volume_id",
    "backup": "volume_id",
}


def belongs_to(
    kind: str, shape: Attributes, details: Attributes
) -> str | None:
    """Return the id of what a resource belongs to; None: nothing known.

    A port to its server, a floating IP to its port, a volume to the first
    server that it is attached to, a snapshot or a backup to its volume, a
    stack to its parent: "" for a root.
    """
    if kind == "stack":
        parent = details.get("parent")
        return parent if isinstance(parent, str) else None
    if kind == "volume":
        servers = shape.get("attached_to")
        found = servers[0] if isinstance(servers, list) and servers else None
    else:
        found = details.get(_OWNER.get(kind, ""))
    return found if found and isinstance(found, str) else None


@dc.dataclass(frozen=True, slots=True)
class Usage:
    """What a group of periods adds up to within a window."""

    seconds: int = 0
    vcpu_seconds: int = 0
    ram_mb_seconds: int = 0
    disk_gb_seconds: int = 0

    def plus(self, size: Size, seconds: int) -> Usage:
        return Usage(
            self.seconds + seconds,
            self.vcpu_seconds + size.vcpus * seconds,
            self.ram_mb_seconds + size.ram_mb * seconds,
            self.disk_gb_seconds + size.disk_gb * seconds,
        )


def hours(seconds: int, unit: int = 1) -> Decimal:
    """Return seconds as hours, of so many to the unit: exact to a millionth
    (half to even)."""
    quotient = _EXACT.divide(Decimal(seconds), Decimal(3600 * unit))
    return quotient.quantize(_MILLIONTH, context=_EXACT)


#: No sum of a window is too long for it.
_EXACT = Context(prec=80)
_MILLIONTH = Decimal("0.000001")


def _flavor(shape: Attributes) -> Attributes:
    """Return the flavor, if it is one: operators' kinds name things too."""
    flavor = shape.get("flavor")
    return flavor if isinstance(flavor, Mapping) else {}


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
