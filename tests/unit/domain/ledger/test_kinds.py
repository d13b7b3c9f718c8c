"""What a resource belongs to."""

import pytest

from concertim_api.domain.attributes import belongs_to


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
