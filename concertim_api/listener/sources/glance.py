"""Glance: images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from concertim_api.listener.rows import Row
from concertim_api.payloads import glance
from concertim_api.payloads.facts import Facts, Payload


def _image(payload: Payload) -> Iterable[Facts]:
    properties = payload.get("properties")
    yield glance.image(
        payload, properties if isinstance(properties, Mapping) else {}
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
