"""The simulated OpenStack: what it repeats, and to whom.

What its services answer is in tests/contract.
"""

from __future__ import annotations

import gzip
import json
import pathlib
import subprocess
import sys

import pytest

from concertim_api import bootstrap
from concertim_api.clouds.base import KINDS
from concertim_api.clouds.simulator import Simulator, __main__, recordings
from concertim_api.domain.errors import Invalid
from tests.fakes.cloud import served
from tests.functional.clouds.conftest import listed

DEMO = pathlib.Path(__file__).parents[3] / "demo"
RECORDING, STACKS = (
    str(DEMO / "listings.json.gz"),
    str(DEMO / "stacks.jsonl.gz"),
)


def test_it_repeats_the_latest_of_a_recording(clock):
    site = recordings.site(RECORDING, now=clock.now)
    counts = {}
    with served(site, clock, "demo") as (_, cloud):
        assert cloud.region == "demo"
        for kind in KINDS:
            seen, left_out = listed(cloud, kind)
            assert left_out == []
            counts[kind] = len(seen)
    assert counts["instance"] == 31
    assert counts["port"] == 43
    assert counts["stack"] == 8


def test_stacks_are_what_was_recorded_of_them(clock):
    """To the driver they are as they were to the listener."""
    recorded = {}
    with gzip.open(STACKS) as lines:
        for line in lines:
            payload = json.loads(line)["message"]["payload"]
            recorded.setdefault(payload["id"], {}).update(payload["details"])
    site = recordings.site(RECORDING, STACKS, now=clock.now)
    with served(site, clock) as (_, cloud):
        roots = [s for s in site.stacks.values() if not s["parent"]]
        assert len(roots) == 4
        for root in roots:
            (seen,) = cloud.look("stack", root["id"])
            details, expected = seen.observation.details, recorded[root["id"]]
            assert details["resources"] == expected["resources"]
            assert details["outputs"] == expected.get("outputs", {})


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"{", b'{"end": 7}', b'{"servers": []}']
)
def test_a_file_that_is_no_recording(tmp_path, content):
    path = tmp_path / "listings.json"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=r"--recording: .*listings\.json"):
        recordings.site(str(path))
    if content:
        with pytest.raises(Invalid, match=r"--recording: .*listings\.json"):
            recordings.site(RECORDING, str(path))


def test_a_file_that_is_not_there():
    with pytest.raises(Invalid, match="No such file"):
        recordings.site("/nowhere.json")


def test_a_recording_need_not_be_gzipped(tmp_path):
    path = tmp_path / "listings.json"
    path.write_bytes(gzip.decompress(pathlib.Path(RECORDING).read_bytes()))
    assert len(recordings.site(str(path)).servers) == 31


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "host"])
def test_it_serves_nobody_beyond_this_machine(host, monkeypatch):
    with pytest.raises(Invalid, match="not a loopback address"):
        Simulator().start(host)
    monkeypatch.setattr(sys, "argv", ["simulator", "--host", host])
    with pytest.raises(SystemExit, match="not a loopback address"):
        __main__.main()


def test_what_it_prints_leads_the_driver_to_it(tmp_path):
    """This is how the quick start finds it."""
    file = tmp_path / "cloud.conf"
    with subprocess.Popen(
        [sys.executable, "-m", "concertim_api.clouds.simulator"],
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        lines = iter(running.stdout.readline, "regions = RegionOne\n")
        file.write_text("".join([*lines, "regions = RegionOne\n"]))
        conf = bootstrap.configure(default_config_files=[str(file)])
        projects, _ = listed(bootstrap.clouds(conf)["RegionOne"], "project")
        running.terminate()
    assert [one.details["name"] for one in projects.values()] == ["admin"]
