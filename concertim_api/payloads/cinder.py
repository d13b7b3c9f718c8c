"""Cinder's volumes, snapshots, backups and volume types."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping

from concertim_api.payloads.facts import (
    Facts,
    FieldReader,
    Form,
    Payload,
    as_is,
    number,
    optional_text,
    pairs,
    present,
    read_by,
    stamp,
)

#: Returns the id of the volume type with a name, or None.
TypeId = Callable[[str], str | None]


def servers(server: str, host: str) -> FieldReader:
    """Return the reader of the ids of servers that have a volume attached.

    ``server``: the field of an attachment with the id. ``host``: the field
    with the name of a host, which counts if there is no server. An old
    Cinder has one server in the volume itself.
    """

    def read(payload: Payload, field: str) -> list[str]:
        attachments = payload.get(field)
        if not isinstance(attachments, list):
            server_id = optional_text(payload, server)
            return [server_id] if server_id else []
        return sorted(
            {
                str(attachment.get(server) or attachment[host])
                for attachment in attachments
                if isinstance(attachment, Mapping)
                and not attachment.get("detach_time")
                and (attachment.get(server) or attachment.get(host))
            }
        )

    return read


def _truth(payload: Payload, field: str) -> bool | None:
    """Return a truth, or None; Cinder writes some of them as texts."""
    value = payload.get(field)
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).lower())


VOLUME = Form(
    shape={
        "type": optional_text,
        "size_gb": number,
        "attached_to": servers("server_id", "host_name"),
    },
    details={
        **read_by(optional_text, "name state availability_zone host user_id"),
        "snapshot_id": optional_text,
        "metadata": pairs,
        **read_by(_truth, "bootable encrypted"),
        "created_at": stamp,
    },
)
#: What is made of a volume: a snapshot or a backup.
COPY = Form(
    shape={"size_gb": number},
    details=read_by(optional_text, "name state volume_id user_id"),
)
VOLUME_TYPE = Form(
    shape={"is_public": as_is},
    details=read_by(optional_text, "name description"),
)

_VOLUME = VOLUME.spelled(
    project_id="os-vol-tenant-attr:tenant_id",
    type="volume_type_id",
    size_gb="size",
    attached_to="attachments",
    state="status",
    host="os-vol-host-attr:host",
)
#: Returns the facts of a snapshot in an API's answer.
snapshot = COPY.spelled(
    project_id="os-extended-snapshot-attributes:project_id",
    size_gb="size",
    state="status",
)
#: Returns the facts of a volume type in an API's answer.
volume_type = VOLUME_TYPE.spelled()


def volume(payload: Payload, type_id: TypeId) -> Facts:
    """Return the facts of a volume in an API's answer. Raises MALFORMED.

    Before microversion 3.63 only the name of its type is there: then
    ``type_id`` is called.
    """
    facts = _VOLUME(payload)
    if "volume_type_id" in payload:
        return facts
    name = optional_text(payload, "volume_type")
    if name is None:
        return facts
    shape = {**facts.shape, **present(type=type_id(name))}
    return dc.replace(facts, shape=shape)
