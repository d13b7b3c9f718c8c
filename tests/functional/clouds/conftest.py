"""The driver of OpenStack on a simulated one, without waits."""

from __future__ import annotations

import pytest
from keystoneauth1.identity import v3

from concertim_api.clouds import openstack
from concertim_api.clouds.simulator import Simulator
from concertim_api.http.session import Patience
from tests.fakes.clock import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def simulator(clock):
    with Simulator() as simulator:
        simulator.site.now = clock.now
        yield simulator


@pytest.fixture
def waits():
    """The seconds that the driver would have waited, one by one."""
    return []


@pytest.fixture
def connect(simulator, clock, waits):
    """Return a cloud of the driver; options are those of [cloud]."""

    def connect(**options):
        conf = simulator.conf(**options)
        patience = Patience(
            conf.cloud.retries,
            conf.cloud.retry_wait,
            conf.cloud.retry_wait_max,
            sleep=waits.append,
        )
        (cloud,) = openstack.clouds(conf, clock, patience)
        return cloud

    return connect


@pytest.fixture
def cloud(connect):
    return connect()


@pytest.fixture
def at_once(monkeypatch):
    """Let orders be repeated without a wait."""
    monkeypatch.setattr("concertim_api.clouds.openstack.service._WAIT", 0)


def login(simulator, name, project, password="secret"):
    """Return the credentials of somebody in a project."""
    return v3.Password(
        f"{simulator.url}/identity/v3",
        username=name,
        password=password,
        user_domain_id="default",
        project_id=project["id"],
    )


def listed(cloud, kind, read=None):
    """Return the observations of a listing by id, and what it left out."""
    seen, left_out = {}, []
    for page in cloud.listing(kind, read or {}):
        left_out += page.left_out
        for sighting in page.sightings:
            assert sighting.observation.ref.id not in seen
            seen[sighting.observation.ref.id] = sighting.observation
    return seen, left_out
