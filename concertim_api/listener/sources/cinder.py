"""Cinder: volumes, snapshots, backups and volume types."""

from __future__ import annotations

import dataclasses as dc

from concertim_api.listener.rows import ObjectReader, Row
from concertim_api.payloads import cinder
from concertim_api.payloads.facts import Facts, Payload

_COMMON = dict(project_id="tenant_id", name="display_name", state="status")

_volume = cinder.VOLUME.spelled(
    id="volume_id",
    type="volume_type",
    size_gb="size",
    attached_to=(
        "volume_attachment",
        cinder.servers("instance_uuid", "attached_host"),
    ),
    **_COMMON,
)
_snapshot = cinder.COPY.spelled(
    id="snapshot_id", size_gb="volume_size", **_COMMON
)
_backup = cinder.COPY.spelled(id="backup_id", size_gb="size", **_COMMON)
_type = cinder.VOLUME_TYPE.spelled(wrapper="volume_types")


def _audited(reader: ObjectReader) -> ObjectReader:
    """Return the reader of the periodic audit, which has the deleted, too."""

    def read(payload: Payload) -> Facts:
        facts = reader(payload)
        is_gone = payload.get("status") == "deleted"
        return dc.replace(facts, says="gone") if is_gone else facts

    return read


_CREATED = ("created_at",)

ROWS: dict[str, Row] = {
    # With the state that it has now: a listing before may have another one.
    "volume.create.end": Row("volume", "alive", _volume),
    "volume.manage_existing.end": Row("volume", "alive", _volume),
    "volume.attach.end": Row("volume", "alive", _volume),
    "volume.detach.end": Row("volume", "alive", _volume),
    "volume.resize.end": Row("volume", "alive", _volume),
    "volume.retype": Row("volume", "alive", _volume),
    "volume.revert.end": Row("volume", "alive", _volume),
    "volume.update.end": Row("volume", "alive", _volume),
    # Its snapshots go with it, or do not: the cloud is asked.
    "volume.transfer.accept.end": Row(
        "volume", "alive", _volume, is_incomplete=True
    ),
    "volume.reset_status.end": Row("volume", "alive", _volume),
    "volume.exists": Row("volume", "alive", _audited(_volume)),
    "volume.unmanage.end": Row("volume", "gone", _volume),
    "volume.delete.end": Row("volume", "gone", _volume),
    "snapshot.create.end": Row("snapshot", "alive", _snapshot),
    "snapshot.update.end": Row("snapshot", "alive", _snapshot),
    "snapshot.reset_status.end": Row("snapshot", "alive", _snapshot),
    "snapshot.revert.end": Row("snapshot", "alive", _snapshot),
    "snapshot.exists": Row("snapshot", "alive", _audited(_snapshot)),
    "snapshot.delete.end": Row("snapshot", "gone", _snapshot),
    "backup.create.end": Row("backup", "alive", _backup),
    "backup.restore.end": Row("backup", "alive", _backup),
    "backup.reset_status.end": Row("backup", "alive", _backup),
    "backup.exists": Row("backup", "alive", _audited(_backup)),
    "backup.delete.end": Row("backup", "gone", _backup),
    "volume_type.create": Row("volume_type", "alive", _type, at=_CREATED),
    "volume_type.update": Row("volume_type", "alive", _type),
    "volume_type.delete": Row("volume_type", "gone", _type),
}

IGNORED = {
    "volume.transfer.create.end": "an offer; it stays with its project",
    "volume.transfer.delete.end": "an offer withdrawn",
    "volume_type_extra_specs.*": "of a type, only the name is needed",
    "volume_type_project.*": "who may use a type is not usage",
    "volume_type_encryption.*": "of a type, only the name is needed",
    "volume.usage": "what was read and written; the size is in other events",
    "backup.createprogress": "backup.create.end has what came of it",
    "group*": "its volumes and their snapshots are reported",
    "qos_specs.*": "of a type, only the name is needed",
    "image_volume_cache.*": "the volume of the cache is reported",
}
