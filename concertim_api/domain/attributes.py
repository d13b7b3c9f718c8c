"""What the attributes of resources say: a size, a state, a type, an owner.

An attribute may hold anything: what reads it returns a value, or nothing.
"""

from __future__ import annotations

import dataclasses as dc
from datetime import UTC, datetime

from concertim_api.domain.ledger.observations import Attributes


def text(value: object) -> str:
    """Return a text; "" for anything else."""
    return value if isinstance(value, str) else ""


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list that are not empty."""
    if not isinstance(value, list | tuple):
        return ()
    return tuple(item for item in value if isinstance(item, str) and item)


def count(value: object) -> int | None:
    """Return a count, which is 0 or more; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value


def boolean(value: object) -> bool | None:
    """Return a truth value, which may be a word; None for anything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(text(value).lower())


def section(value: object) -> Attributes:
    """Return the attributes of a thing in a thing; {} for anything else."""
    # Mapping is slow to ask; nearly all values are dicts, or nothing.
    if type(value) is dict:
        return value
    return value if value and isinstance(value, dict) else {}


def moment(value: object) -> datetime | None:
    """Return a date; without a zone, it is UTC. None for anything else."""
    try:
        date = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


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


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def invalid_size(shape: Attributes) -> str | None:
    """Return the name of a size that is no count, or None.

    It is negative, a truth value, or more than there can be.
    """
    if flavor := section(shape.get("flavor")):
        for name in ("vcpus", "ram_mb", "disk_gb", "ephemeral_gb"):
            if _is_invalid(flavor.get(name)):
                return f"flavor.{name}"
    return "size_gb" if _is_invalid(shape.get("size_gb")) else None


def _is_invalid(value: object) -> bool:
    return isinstance(value, bool) or (
        isinstance(value, int) and not 0 <= value < 2**31
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
