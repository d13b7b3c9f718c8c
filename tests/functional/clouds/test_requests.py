"""How many requests a sync takes, and how much work their answers are."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.clouds import openstack
from concertim_api.clouds.base import Asked
from concertim_api.clouds.simulator import Simulator, Site
from concertim_api.payloads import nova
from tests.fakes.clock import Clock
from tests.functional.clouds.conftest import listed


@pytest.fixture(scope="module")
def made():
    clock = Clock()
    site = Site.of_size(projects=50, stacks=100, servers=1100, now=clock.now)
    with contextlib.closing(Simulator(site).start()) as simulator:
        (cloud,) = openstack.clouds(simulator.conf(), clock)
        yield simulator, cloud, clock


def sync(cloud, read):
    return {kind: listed(cloud, kind, read) for kind in cloud.kinds}


def test_a_sync_takes_few_requests(made):
    """What the system before us did in 10,503."""
    simulator, cloud, clock = made
    found = sync(cloud, {})
    assert not any(left_out for _, left_out in found.values())
    assert len(found["instance"][0]) == 1100
    assert len(found["port"][0]) == 1100
    assert len(found["volume"][0]) == 100
    roots = {
        stack_id: clock.now() + timedelta(minutes=1)
        for stack_id, seen in found["stack"][0].items()
        if "read_at" in seen.details
    }
    assert len(roots) == 100
    cold = len(simulator.requests)
    assert cold <= 60 + 100
    assert sum("/resources" in line for line in simulator.requests) == 100
    assert cold - 100 <= 20

    simulator.requests.clear()
    clock.advance(minutes=10)
    sync(cloud, roots)
    assert len(simulator.requests) <= 16  # 25 were asked for

    # One stack changed: its resources, and its outputs.
    simulator.requests.clear()
    changed = simulator.site.stacks[next(iter(roots))]
    changed["updated_time"] = simulator.site.stamp()
    listed(cloud, "stack", roots)
    assert len(simulator.requests) == 3


def test_changes_take_one_request(made):
    simulator, cloud, clock = made
    listed(cloud, "flavor")
    simulator.requests.clear()
    clock.advance(minutes=5)
    list(cloud.changes(clock.now() - timedelta(seconds=60)))
    assert len(simulator.requests) == 1


@pytest.mark.parametrize(
    ("kind", "requests"),
    [
        ("instance", 1),
        ("volume", 2),
        ("network", 1),
        ("project", 2),
        ("stack", 3),
    ],
)
def test_a_look_takes_few_requests(made, kind, requests):
    simulator, cloud, _ = made
    listed(cloud, "flavor")
    listed(cloud, "volume")
    collection = {"instance": "servers"}.get(kind, f"{kind}s")
    simulator.requests.clear()
    cloud.look(kind, next(iter(getattr(simulator.site, collection))))
    assert len(simulator.requests) == requests


def test_ten_thousand_servers_are_read_in_a_second():
    """In a third of it, on a quiet machine."""
    site = Site()
    network = site.add_network(site.admin, "net")
    flavor = site.add_flavor("small")
    made = [
        site.add_server(site.admin, f"s{n}", flavor, network)
        for n in range(1000)
    ]
    asked = Asked("RegionOne", datetime(2026, 11, 21, tzinfo=UTC))
    began = time.process_time()
    for _ in range(10):
        page = asked.page(
            "instance", made, lambda data: nova.server(data, lambda _: "f")
        )
        assert len(page.sightings) == 1000
    spent = time.process_time() - began
    print(f"{spent:.2f} s")  # noqa: T201
    assert spent < 2
