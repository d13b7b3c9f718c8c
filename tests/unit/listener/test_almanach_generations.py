"""What both generations of Almanach were sent folds rightly."""

import pytest

from concertim_api.payloads import nova
from tests.unit.listener.test_scenarios import VOLUME, periods, volume


def attached(**fields):
    """Return a volume's attachment, and its creation and detachment."""
    none = {"volume_attachment": [], "instance_uuid": None}
    return [
        volume("create.end", 0, size=10, **none),
        volume("attach.end", 5, size=10, **fields),
        volume("detach.end", 9, size=10, **none),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(
            {"volume_attachment": [{"instance_uuid": "i-1"}]}, id="Kilo"
        ),
        pytest.param(
            {"volume_attachment": None, "instance_uuid": "i-1"},
            id="Icehouse",
        ),
    ],
)
def test_an_attachment_is_a_period(fields):
    assert periods(attached(**fields), VOLUME) == [
        (0, 5, 10, []),
        (5, 9, 10, ["i-1"]),
        (9, None, 10, []),
    ]


@pytest.mark.parametrize(
    "properties",
    [
        {"distro": "debian", "version": "12"},
        {"os_distro": "debian", "os_version": "12"},
        {
            "org.openstack__1__os_distro": "debian",
            "org.openstack__1__os_version": "12",
        },
    ],
)
def test_each_spelling_of_an_image_is_read(properties):
    payload = {"image_ref_url": "http://x/images/i", "image_meta": properties}
    assert nova.image_by_url(payload, "image_ref_url") == {
        "id": "i",
        "os_distro": "debian",
        "os_version": "12",
    }
