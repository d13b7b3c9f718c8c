"""Cinder's volumes, snapshots, backups and volume types."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping

from concertim_api.payloads.facts import (
    Facts,
    Payload,
    as_is,
    number,
    optional_text,
    pairs,
    present,
    stamp,
)
from concertim_api.payloads.spelling import Form, Read, each

#: Returns the id of the volume type with a name, if there is one.
TypeId = Callable[[str], str | None]


def servers(server: str, host: str) -> Read:
    """Return the reader of the servers (or hosts) that a volume is attached
    to: ``server`` and ``host`` are their fields in an attachment.

    Old Cinders name one server in the volume itself.
    """

    def read(payload: Payload, field: str) -> list[str]:
        attachments = payload.get(field)
        if not isinstance(attachments, list):
            only = optional_text(payload, server)
            return [only] if only else []
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
    """Return a truth; Cinder spells some of them out."""
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
        **each(optional_text, "name state availability_zone host user_id"),
        "snapshot_id": optional_text,
        "metadata": pairs,
        **each(_truth, "bootable encrypted"),
        "created_at": stamp,
    },
)
#: A snapshot or a backup.
COPY = Form(
    shape={"size_gb": number},
    details=each(optional_text, "name state volume_id user_id"),
)
VOLUME_TYPE = Form(
    shape={"is_public": as_is}, details=each(optional_text, "name description")
)

_VOLUME = VOLUME.spelled(
    project_id="os-vol-tenant-attr:tenant_id",
    type="volume_type_id",
    size_gb="size",
    attached_to="attachments",
    state="status",
    host="os-vol-host-attr:host",
)
snapshot = COPY.spelled(
    project_id="os-extended-snapshot-attributes:project_id",
    size_gb="size",
    state="status",
)
volume_type = VOLUME_TYPE.spelled()


def volume(data: Payload, type_id: TypeId) -> Facts:
    """Return what the API says of a volume.

    Before microversion 3.63 it names the type, and ``type_id`` is asked.
    """
    facts = _VOLUME(data)
    if "volume_type_id" in data:
        return facts
    name = optional_text(data, "volume_type")
    type = None if name is None else type_id(name)
    return dc.replace(facts, shape={**facts.shape, **present(type=type)})
