"""What a resource belongs to, and sizes that are none."""

import pytest

from concertim_api.domain.attributes import belongs_to, invalid_size


@pytest.mark.parametrize(
    ("kind", "shape", "details", "owner"),
    [
        ("port", {}, {"device_id": "s1"}, "s1"),
        ("port", {}, {"device_id": ""}, None),
        ("port", {}, {}, None),
        ("floating_ip", {}, {"port_id": "p1"}, "p1"),
        ("floating_ip", {}, {"port_id": 7}, None),
        ("snapshot", {}, {"volume_id": "v1"}, "v1"),
        ("backup", {}, {"volume_id": "v1"}, "v1"),
        ("volume", {"attached_to": ["s1", "s2"]}, {}, "s1"),
        ("volume", {"attached_to": []}, {}, None),
        ("volume", {"attached_to": "s1"}, {}, None),
        ("volume", {}, {}, None),
        ("stack", {}, {"parent": ""}, ""),
        ("stack", {}, {"parent": "root"}, "root"),
        ("stack", {}, {"parent": None}, None),
        ("stack", {}, {}, None),
        ("instance", {}, {"device_id": "s1", "parent": "p"}, None),
        ("operators_own", {}, {"volume_id": "v1"}, None),
    ],
)
def test_belongs_to(kind, shape, details, owner):
    assert belongs_to(kind, shape, details) == owner


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        ({}, None),
        ({"flavor": {"vcpus": 0}, "size_gb": 2**31 - 1}, None),
        ({"flavor": {"vcpus": "2"}, "size_gb": None}, None),
        ({"flavor": {"vcpus": -1}}, "flavor.vcpus"),
        ({"flavor": {"ram_mb": 2**31}}, "flavor.ram_mb"),
        ({"flavor": {"disk_gb": True}}, "flavor.disk_gb"),
        ({"flavor": {"ephemeral_gb": -1}}, "flavor.ephemeral_gb"),
        ({"size_gb": 2**31}, "size_gb"),
        ({"size_gb": False}, "size_gb"),
    ],
)
def test_invalid_size(shape, name):
    assert invalid_size(shape) == name
