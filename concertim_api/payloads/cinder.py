"""Cinder's volumes, snapshots and volume types, as its API says them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from concertim_api.payloads.facts import (
    Facts,
    Payload,
    number,
    optional_text,
    pairs,
    present,
    second,
    stamp,
    text,
)

#: Returns the id of the volume type with a name, if there is one.
TypeId = Callable[[str], str | None]


def volume(data: Payload, type_id: TypeId) -> Facts:
    """Return what the API says of a volume."""
    return Facts(
        id=text(data, "id"),
        project_id=optional_text(data, "os-vol-tenant-attr:tenant_id"),
        shape={
            **present(
                type=_type(data, type_id),
                size_gb=number(data, "size"),
            ),
            "attached_to": _attached_to(data.get("attachments")),
        },
        details=present(
            name=optional_text(data, "name"),
            state=optional_text(data, "status"),
            availability_zone=optional_text(data, "availability_zone"),
            host=optional_text(data, "os-vol-host-attr:host"),
            user_id=optional_text(data, "user_id"),
            snapshot_id=optional_text(data, "snapshot_id"),
            metadata=pairs(data.get("metadata")),
            bootable=_truth(data.get("bootable")),
            encrypted=_truth(data.get("encrypted")),
            created_at=stamp(data, "created_at"),
        ),
        since=second(data, "created_at"),
    )


def _type(data: Payload, type_id: TypeId) -> str | None:
    """Return the id of the type: before microversion 3.63 only its name
    is told."""
    if "volume_type_id" in data:
        return optional_text(data, "volume_type_id")
    name = optional_text(data, "volume_type")
    return None if name is None else type_id(name)


def _attached_to(attachments: object) -> list[str]:
    """Return the servers (or hosts) that a volume is attached to."""
    if not isinstance(attachments, list):
        return []
    return sorted(
        {
            str(a.get("server_id") or a["host_name"])
            for a in attachments
            if isinstance(a, Mapping)
            and (a.get("server_id") or a.get("host_name"))
        }
    )


def _truth(value: Any) -> bool | None:
    """Return a truth; Cinder spells some of them out."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).lower())


def snapshot(data: Payload) -> Facts:
    """Return what the API says of a snapshot."""
    return Facts(
        id=text(data, "id"),
        project_id=optional_text(
            data, "os-extended-snapshot-attributes:project_id"
        ),
        shape=present(size_gb=number(data, "size")),
        details=present(
            name=optional_text(data, "name"),
            state=optional_text(data, "status"),
            volume_id=optional_text(data, "volume_id"),
            user_id=optional_text(data, "user_id"),
        ),
        since=second(data, "created_at"),
    )


def volume_type(data: Payload) -> Facts:
    """Return what is said of a volume type, also in notifications."""
    return Facts(
        id=text(data, "id"),
        shape=present(is_public=data.get("is_public")),
        details=present(
            name=optional_text(data, "name"),
            description=optional_text(data, "description"),
        ),
        since=second(data, "created_at"),
    )
