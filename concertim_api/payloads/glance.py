"""Glance's images."""

from __future__ import annotations

from concertim_api.payloads.facts import big_number, optional_text
from concertim_api.payloads.spelling import Form, each

IMAGE = Form(
    shape={"size_bytes": big_number},
    details=each(
        optional_text,
        "name state visibility disk_format os_distro os_version instance_id",
    ),
)

#: What the API and the notifications spell in the same way.
COMMON = {"project_id": "owner", "size_bytes": "size", "state": "status"}

#: The API has properties beside the fields.
image = IMAGE.spelled(instance_id="instance_uuid", **COMMON)
