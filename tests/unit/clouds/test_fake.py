"""The fake that repeats a recording. Its promises are in tests/contract."""

from __future__ import annotations

import gzip
import json
import pathlib

import pytest

from concertim_api.clouds import fake
from concertim_api.clouds.base import KINDS
from concertim_api.domain.errors import Invalid
from tests.unit.clouds.conftest import listed

RECORDING = str(pathlib.Path(__file__).parents[3] / "demo/listings.json.gz")


def test_it_repeats_the_latest_of_a_recording(simulator, clock):
    conf = simulator.conf(recording=RECORDING, regions=["demo"])
    (cloud,) = fake.clouds(conf, clock)
    assert cloud.region == "demo"
    counts = {}
    for kind in KINDS:
        seen, left_out = listed(cloud, kind)
        assert left_out == []
        counts[kind] = len(seen)
    assert counts["instance"] == 31
    assert counts["port"] == 43
    assert counts["stack"] == 8
    seen, _ = listed(cloud, "stack")
    # What stacks are made of was not recorded, which is not to say nothing.
    assert not any("resources" in one.details for one in seen.values())


def test_without_a_recording_there_is_nothing(simulator, clock):
    (cloud,) = fake.clouds(simulator.conf(), clock)
    assert [listed(cloud, kind) for kind in KINDS] == [({}, [])] * len(KINDS)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"{", b'{"end": 7}', b'{"servers": []}']
)
def test_a_file_that_is_no_recording(simulator, clock, tmp_path, content):
    path = tmp_path / "listings.json"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=r"\[cloud\] recording"):
        fake.clouds(simulator.conf(recording=str(path)), clock)


def test_a_file_that_is_not_there(simulator, clock):
    with pytest.raises(Invalid, match="No such file"):
        fake.clouds(simulator.conf(recording="/nowhere.json"), clock)


def test_a_recording_need_not_be_gzipped(simulator, clock, tmp_path):
    path = tmp_path / "listings.json"
    path.write_bytes(gzip.decompress(pathlib.Path(RECORDING).read_bytes()))
    (cloud,) = fake.clouds(simulator.conf(recording=str(path)), clock)
    assert len(listed(cloud, "instance")[0]) == 31
    path.write_text(json.dumps({"servers": [], "taken_at": ""}))
    (cloud,) = fake.clouds(simulator.conf(recording=str(path)), clock)
    assert listed(cloud, "instance") == ({}, [])
