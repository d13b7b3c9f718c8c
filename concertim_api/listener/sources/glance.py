"""Glance: images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from concertim_api.listener.rows import Row
from concertim_api.payloads.facts import (
    Facts,
    Payload,
    big_number,
    optional_text,
    present,
    second,
    text,
)


def _image(payload: Payload) -> Iterable[Facts]:
    properties = payload.get("properties")
    if not isinstance(properties, Mapping):
        properties = {}
    yield Facts(
        id=text(payload, "id"),
        project_id=optional_text(payload, "owner"),
        shape=present(size_bytes=big_number(payload, "size")),
        details=present(
            name=optional_text(payload, "name"),
            state=optional_text(payload, "status"),
            visibility=optional_text(payload, "visibility"),
            disk_format=optional_text(payload, "disk_format"),
            os_distro=optional_text(properties, "os_distro"),
            os_version=optional_text(properties, "os_version"),
            instance_id=optional_text(properties, "instance_uuid"),
        ),
        since=second(payload, "created_at"),
    )


ROWS: dict[str, Row] = {
    "image.create": Row("image", "alive", _image, at=("created_at",)),
    "image.update": Row("image", "alive", _image),
    "image.upload": Row("image", "alive", _image),
    "image.activate": Row("image", "alive", _image),
    "image.deactivate": Row("image", "alive", _image),
    "image.reactivate": Row("image", "alive", _image),
    "image.delete": Row("image", "gone", _image, at=("deleted_at",)),
}

IGNORED = {
    "image.prepare": "image.upload says what came of it",
    "image.send": "a download is not usage of storage",
    "image.exists": "the image's own events have told it",
    "image.member.*": "who may use an image is not usage",
    "metadef.*": "definitions of metadata are not usage",
    "task.*": "image.upload says what came of it",
}
