"""Glance: images."""

from __future__ import annotations

from concertim_api.clouds.openstack.collection import (
    Collection,
    Collections,
    Part,
)
from concertim_api.payloads import glance


def images(api: Collections) -> Part:
    return Part(api, [(Collection("image", "/images"), glance.image)])
