"""Cinder in memory: ``services.cloud.acting.StorageOperator``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from concertim_api.domain.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from concertim_api.clouds.fake import FakeCloud


class FakeStorage:
    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud

    def delete_volume(self, volume_id: str, *, force: bool = False) -> None:
        volume = _volume(self._cloud, volume_id)
        snapshots = self._cloud.things.get("snapshot", {}).values()
        held = volume["attachments"] or any(
            snapshot["volume_id"] == volume_id for snapshot in snapshots
        )
        status = volume["status"]
        busy = status != "available" and not status.startswith("error")
        if held or (busy and not force):
            raise Conflict(
                f"Invalid volume: Volume {volume_id} is {status}, or attached "
                "or has snapshots."
            )
        _change(self._cloud, volume, status="deleting")

        def end() -> None:
            self._cloud.things["volume"].pop(volume_id, None)

        self._cloud.deferred.later(volume_id, end)

    def extend_volume(self, volume_id: str, size_gb: int) -> None:
        volume = _volume(self._cloud, volume_id)
        status = volume["status"]
        if size_gb <= volume["size"]:
            raise Invalid(
                "cloud",
                "New size for extend must be greater than current size. "
                f"(current: {volume['size']}, extended: {size_gb}).",
            )
        if status not in ("available", "in-use"):
            raise Conflict(f"Invalid volume: it is {status}.")
        _change(self._cloud, volume, status="extending")
        self._cloud.deferred.later(
            volume_id,
            lambda: _change(self._cloud, volume, status=status, size=size_gb),
        )


def detach_from(cloud: FakeCloud, volume_id: str, server_id: str) -> None:
    """Begin to detach a volume. Raises NotFound, Conflict."""
    volume = _volume(cloud, volume_id)
    if not any(a["server_id"] == server_id for a in volume["attachments"]):
        raise NotFound(
            f"Instance {server_id} is not attached to volume {volume_id}"
        )
    if volume["status"] != "in-use":
        raise Conflict("Invalid volume: Volume status must be 'in-use'.")
    _change(cloud, volume, status="detaching")

    def end() -> None:
        left = [
            one
            for one in volume["attachments"]
            if one["server_id"] != server_id
        ]
        _change(
            cloud,
            volume,
            attachments=left,
            status="in-use" if left else "available",
        )

    cloud.deferred.later(volume_id, end)


def _volume(cloud: FakeCloud, volume_id: str) -> dict[str, Any]:
    try:
        return cloud.things["volume"][volume_id]
    except KeyError:
        raise NotFound(f"Volume {volume_id} could not be found.") from None


def _change(cloud: FakeCloud, volume: dict[str, Any], **fields: Any) -> None:
    now = cloud.now().strftime("%Y-%m-%dT%H:%M:%S.%f")
    volume.update(fields, updated_at=now)
