"""What is misspelt is refused: an empty list would be believed."""

import pytest

from tests.functional.api import cloud

KINDS = "kind: server is not one of instance, volume, snapshot, "


@pytest.mark.parametrize(
    "path",
    [
        "/v1/periods?kind=server",
        "/v1/periods?kind=in:instance,server",
        "/v1/periods?kind=neq:server",
        "/v1/resources?kind=server",
        "/v1/usage?start=2026-11-01&kind=server",
        "/v1/changes?kind=server",
    ],
)
def test_a_kind_that_there_is_not(refused, path):
    error = refused("GET", path, 400)
    assert error["detail"].startswith(KINDS)


def test_a_kind_of_which_there_are_resources(client, services):
    """Own events of an earlier time may have made them."""
    services.recorder.record([cloud.said("s", 1, kind="share")])
    answer = client.get("/v1/periods?kind=share").json
    assert [period["resource_id"] for period in answer["periods"]] == ["s"]


def test_a_kind_of_device_that_there_is_not(refused):
    error = refused("GET", "/v1/devices?kind=server", 400)
    assert error["detail"] == "kind: not one of instance, volume, network"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/racks?at={}",
        "/v1/racks/k1?at={}",
        "/v1/racks/k1.svg?at={}",
        "/v1/devices?rack_id=k1&at={}",
        "/v1/devices/n1?at={}",
        "/v1/resources?at={}",
        "/v1/resources/s1?at={}",
    ],
)
def test_the_future_is_not_shown(refused, path):
    error = refused("GET", path.format("2999-01-01"), 400)
    assert error["detail"] == "at: in the future"


@pytest.mark.parametrize("word", ["volume", "VOLUME", "Volume"])
def test_the_case_of_a_word_does_not_matter(client, word):
    client.get(f"/v1/devices?type={word}")
