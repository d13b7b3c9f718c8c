"""Entities of Almanach's collection, as its database exports them.

Of both generations: the one of 2016 has ``os``, and "^" for a dot in the
names of metadata; the other ``image_meta``.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from concertim_api.domain.attributes import moment, section, text

KINDS = ("instance", "volume")

_SYSTEM = {
    "distro": "os_distro",
    "version": "os_version",
    "os_type": "os_type",
}


@dc.dataclass(frozen=True, slots=True)
class Row:
    """A row of the collection. ``end`` None: it was active.

    ``type``: the name of the flavor or of the volume type.
    """

    kind: str
    id: str
    project_id: str
    name: str | None
    start: datetime
    end: datetime | None
    type: str | None
    shape: Mapping[str, Any]


def row(document: object) -> Row:
    """Return the row of a document. Raises ValueError, which says why not."""
    fields = section(document)
    kind = fields.get("entity_type")
    if kind not in KINDS:
        raise ValueError(f"entity_type is none of {', '.join(KINDS)}")
    for name in ("entity_id", "project_id"):
        if not 0 < len(text(fields.get(name))) <= 255:
            raise ValueError(f"{name} is no text of 255 characters at most")
    is_server = kind == "instance"
    type_ = fields.get("flavor" if is_server else "volume_type")
    return Row(
        kind,
        fields["entity_id"],
        fields["project_id"],
        text(fields.get("name")) or None,
        _date(fields, "start"),
        None if fields.get("end") is None else _date(fields, "end"),
        text(type_) or None,
        _server(fields) if is_server else _volume(fields),
    )


def _date(fields: Mapping[str, Any], name: str) -> datetime:
    value = fields.get(name)
    if isinstance(value, dict):
        value = value.get("$date")
    if isinstance(value, dict):
        value = value.get("$numberLong")
    if isinstance(value, int) or text(value).isdigit():
        date = datetime.fromtimestamp(int(str(value)) // 1000, UTC)
    else:
        parsed = moment(value)
        if parsed is None:
            raise ValueError(f"{name} is no date")
        date = parsed.astimezone(UTC)
    return date.replace(microsecond=0)


def _server(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    system = section(fields.get("image_meta")) or section(fields.get("os"))
    image = {
        ours: system[name]
        for name, ours in _SYSTEM.items()
        if system.get(name)
    }
    metadata = section(fields.get("metadata"))
    return {
        "image": {"id": None, **image},
        "metadata": {k.replace("^", "."): v for k, v in metadata.items()},
    }


def _volume(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    size = fields.get("size")
    attached = fields.get("attached_to") or ()
    return {
        "size_gb": int(text(size)) if text(size).isdigit() else size,
        "attached_to": sorted(map(str, attached)),
    }
