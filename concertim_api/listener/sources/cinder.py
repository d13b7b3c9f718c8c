"""Cinder: volumes, snapshots, backups and volume types."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Mapping

from concertim_api.listener.rows import Reader, Row
from concertim_api.payloads import cinder
from concertim_api.payloads.facts import (
    Facts,
    Payload,
    number,
    optional_text,
    pairs,
    present,
    second,
    section,
    stamp,
    text,
)


def _volume(payload: Payload) -> Iterable[Facts]:
    yield Facts(
        id=text(payload, "volume_id"),
        project_id=optional_text(payload, "tenant_id"),
        shape={
            **present(
                type=optional_text(payload, "volume_type"),
                size_gb=number(payload, "size"),
            ),
            "attached_to": _attached_to(payload),
        },
        details=present(
            name=optional_text(payload, "display_name"),
            state=optional_text(payload, "status"),
            availability_zone=optional_text(payload, "availability_zone"),
            host=optional_text(payload, "host"),
            user_id=optional_text(payload, "user_id"),
            snapshot_id=optional_text(payload, "snapshot_id"),
            metadata=pairs(payload.get("metadata")),
            created_at=stamp(payload, "created_at"),
        ),
        since=second(payload, "created_at"),
    )


def _attached_to(payload: Payload) -> list[str]:
    """Return the servers (or hosts) that a volume is attached to.

    Old Cinders name one server in the payload itself.
    """
    attachments = payload.get("volume_attachment")
    if not isinstance(attachments, list):
        server = optional_text(payload, "instance_uuid")
        return [server] if server else []
    return sorted(
        {
            str(a.get("instance_uuid") or a["attached_host"])
            for a in attachments
            if isinstance(a, Mapping)
            and not a.get("detach_time")
            and (a.get("instance_uuid") or a.get("attached_host"))
        }
    )


def _copy(id_field: str, size_field: str) -> Reader:
    """Return the reader of what is made of a volume."""

    def read(payload: Payload) -> Iterable[Facts]:
        yield Facts(
            id=text(payload, id_field),
            project_id=optional_text(payload, "tenant_id"),
            shape=present(size_gb=number(payload, size_field)),
            details=present(
                name=optional_text(payload, "display_name"),
                state=optional_text(payload, "status"),
                volume_id=optional_text(payload, "volume_id"),
                user_id=optional_text(payload, "user_id"),
            ),
            since=second(payload, "created_at"),
        )

    return read


_snapshot = _copy("snapshot_id", "volume_size")
_backup = _copy("backup_id", "size")


def _audited(read: Reader) -> Reader:
    """The periodic audit reports the deleted too."""

    def reader(payload: Payload) -> Iterable[Facts]:
        gone = payload.get("status") == "deleted"
        for facts in read(payload):
            yield dc.replace(facts, says="gone") if gone else facts

    return reader


def _volume_type(payload: Payload) -> Iterable[Facts]:
    yield cinder.volume_type(section(payload, "volume_types"))


_CREATED = ("created_at",)

ROWS: dict[str, Row] = {
    "volume.create.end": Row("volume", "alive", _volume, at=_CREATED),
    "volume.manage_existing.end": Row("volume", "alive", _volume),
    "volume.attach.end": Row("volume", "alive", _volume),
    "volume.detach.end": Row("volume", "alive", _volume),
    "volume.resize.end": Row("volume", "alive", _volume),
    "volume.retype": Row("volume", "alive", _volume),
    "volume.revert.end": Row("volume", "alive", _volume),
    "volume.update.end": Row("volume", "alive", _volume),
    "volume.transfer.accept.end": Row("volume", "alive", _volume),
    "volume.reset_status.end": Row("volume", "alive", _volume),
    "volume.exists": Row("volume", "alive", _audited(_volume)),
    "volume.unmanage.end": Row("volume", "gone", _volume),
    "volume.delete.end": Row("volume", "gone", _volume),
    "snapshot.create.end": Row("snapshot", "alive", _snapshot, at=_CREATED),
    "snapshot.update.end": Row("snapshot", "alive", _snapshot),
    "snapshot.reset_status.end": Row("snapshot", "alive", _snapshot),
    "snapshot.revert.end": Row("snapshot", "alive", _snapshot),
    "snapshot.exists": Row("snapshot", "alive", _audited(_snapshot)),
    "snapshot.delete.end": Row("snapshot", "gone", _snapshot),
    "backup.create.end": Row("backup", "alive", _backup, at=_CREATED),
    "backup.restore.end": Row("backup", "alive", _backup),
    "backup.reset_status.end": Row("backup", "alive", _backup),
    "backup.exists": Row("backup", "alive", _audited(_backup)),
    "backup.delete.end": Row("backup", "gone", _backup),
    "volume_type.create": Row(
        "volume_type", "alive", _volume_type, at=_CREATED
    ),
    "volume_type.update": Row("volume_type", "alive", _volume_type),
    "volume_type.delete": Row("volume_type", "gone", _volume_type),
}

IGNORED = {
    "volume.*.start": "the end says what came of it",
    "snapshot.*.start": "the end says what came of it",
    "backup.*.start": "the end says what came of it",
    "volume.transfer.create.end": "an offer; it stays with its project",
    "volume.transfer.delete.end": "an offer withdrawn",
    "volume_type_extra_specs.*": "of a type, only its name is kept",
    "volume_type_project.*": "who may use a type is not usage",
}
