"""Glance's images. Its API has their properties beside the fields."""

from __future__ import annotations

from concertim_api.payloads.facts import (
    Facts,
    Payload,
    big_number,
    optional_text,
    present,
    second,
    text,
)


def image(data: Payload, properties: Payload) -> Facts:
    """Return what is said of an image: the same in both ways."""
    return Facts(
        id=text(data, "id"),
        project_id=optional_text(data, "owner"),
        shape=present(size_bytes=big_number(data, "size")),
        details=present(
            name=optional_text(data, "name"),
            state=optional_text(data, "status"),
            visibility=optional_text(data, "visibility"),
            disk_format=optional_text(data, "disk_format"),
            os_distro=optional_text(properties, "os_distro"),
            os_version=optional_text(properties, "os_version"),
            instance_id=optional_text(properties, "instance_uuid"),
        ),
        since=second(data, "created_at"),
    )
