"""Glance's images."""

from __future__ import annotations

from concertim_api.payloads.facts import (
    Form,
    big_number,
    optional_text,
    read_by,
)

IMAGE = Form(
    shape={"size_bytes": big_number},
    details=read_by(
        optional_text,
        "name state visibility disk_format os_distro os_version instance_id",
    ),
)

#: The fields that the API and the notifications have in common.
COMMON = {"project_id": "owner", "size_bytes": "size", "state": "status"}

#: Returns the facts of an image in an API's answer. The API has the
#: properties of an image beside its fields.
image = IMAGE.spelled(instance_id="instance_uuid", **COMMON)
