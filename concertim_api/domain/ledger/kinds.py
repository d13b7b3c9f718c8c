"""The kinds of resources, their sizes and their usage."""

from __future__ import annotations

import dataclasses as dc
from decimal import Context, Decimal

from concertim_api.domain.attributes import section
from concertim_api.domain.ledger.observations import Attributes


@dc.dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource.

    ``dictionary``: others refer to it by id, and show its name as their
    type. ``type_of``: the dictionary of the types of this kind.
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
    """The size of a shape; 0 if it has no such property."""

    vcpus: int = 0
    ram_mb: int = 0
    disk_gb: int = 0


def size_of(shape: Attributes) -> Size:
    """Return the size of a shape.

    A flavor's disk is root plus ephemeral, as Nova counts it; of a volume,
    a snapshot or an operator's own kind it is ``size_gb``.
    """
    flavor = section(shape.get("flavor"))
    return Size(
        vcpus=_whole(flavor.get("vcpus")),
        ram_mb=_whole(flavor.get("ram_mb")),
        disk_gb=_whole(flavor.get("disk_gb"))
        + _whole(flavor.get("ephemeral_gb"))
        + _whole(shape.get("size_gb")),
    )


def invalid_size(shape: Attributes) -> str | None:
    """Return the name of a size that is no count, or None.

    It is negative, a truth value, or more than there can be.
    """
    flavor = section(shape.get("flavor"))
    for name in ("vcpus", "ram_mb", "disk_gb", "ephemeral_gb"):
        if _is_invalid(flavor.get(name)):
            return f"flavor.{name}"
    return "size_gb" if _is_invalid(shape.get("size_gb")) else None


def _is_invalid(value: object) -> bool:
    return isinstance(value, int) and not (
        0 <= value < 2**31 and not isinstance(value, bool)
    )


def type_of(shape: Attributes) -> str | None:
    """Return the flavor's name, or the id of the volume's type."""
    type_ = section(shape.get("flavor")).get("name") or shape.get("type")
    return None if type_ is None else str(type_)


def is_usage(shape: Attributes) -> bool:
    """Whether a resource of this shape counts as usage.

    A server counts from its launch on, as Nova counts it. Before that it
    has no host, and uses nothing.
    """
    return shape.get("launched") is not False


def state_of(shape: Attributes, details: Attributes) -> str | None:
    """Return the state: part of the shape where usage depends on it."""
    state = shape.get("state") or details.get("state")
    return None if state is None else str(state)


#: kind -> the detail that has the id of the owner.
_OWNER = {
    "port": "device_id",
    "floating_ip": "port_id",
    "snapshot": "volume_id",
    "backup": "volume_id",
}


def belongs_to(
    kind: str, shape: Attributes, details: Attributes
) -> str | None:
    """Return the id of the owner of a resource; None: it is not known.

    A port to its server, a floating IP to its port, a volume to the first
    server that it is attached to, a snapshot or a backup to its volume, a
    stack to its parent: "" for a root.
    """
    if kind == "stack":
        parent = details.get("parent")
        return parent if isinstance(parent, str) else None
    if kind == "volume":
        servers = shape.get("attached_to")
        owner = servers[0] if isinstance(servers, list) and servers else None
    else:
        owner = details.get(_OWNER.get(kind, ""))
    return owner if owner and isinstance(owner, str) else None


@dc.dataclass(frozen=True, slots=True)
class Usage:
    """The sums of a group of periods within a window."""

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
    """Return seconds as hours, divided by ``unit``.

    Exact to a millionth (half to even).
    """
    quotient = _EXACT.divide(Decimal(seconds), Decimal(3600 * unit))
    return quotient.quantize(_MILLIONTH, context=_EXACT)


#: It has room for the sum of any window.
_EXACT = Context(prec=80)
_MILLIONTH = Decimal("0.000001")


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
