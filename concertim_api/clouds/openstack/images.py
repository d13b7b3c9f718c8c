"""Glance: images."""

from __future__ import annotations

from concertim_api.clouds.openstack.collection import (
    Collection,
    CollectionReader,
    Part,
)
from concertim_api.payloads import glance


def images(api: CollectionReader) -> Part:
    return Part(api, [(Collection("image", "/images"), glance.image)])
