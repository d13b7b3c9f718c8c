"""Glance: images."""

from __future__ import annotations

from concertim_api.listener.rows import Row
from concertim_api.payloads.facts import FieldReader, Payload, optional_text
from concertim_api.payloads.glance import COMMON, IMAGE


def _property(name: str) -> tuple[str, FieldReader]:
    """Return the field of a property of an image, and its reader."""

    def read(payload: Payload, field: str) -> str | None:
        properties = payload.get(field)
        if isinstance(properties, dict):
            return optional_text(properties, name)
        return None

    return "properties", read


_image = IMAGE.spelled(
    os_distro=_property("os_distro"),
    os_version=_property("os_version"),
    instance_id=_property("instance_uuid"),
    **COMMON,
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
    "image.exists": "the other events of the image say it",
    "image.member.*": "who may use an image is not usage",
    "metadef*": "definitions of metadata are not usage",
    "task.*": "image.upload says what came of it",
}
