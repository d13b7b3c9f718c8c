"""What the simulated OpenStack does when it is told to, over plain HTTP.

The requests are those that any OpenStack understands, and find its services
by the catalog. What is not about counts, faults and delays holds in a real
one too, if the fixtures (``site``, ``project``, ``somebody``) make their
things there: the tests of accounts were run so, against Keystone 30.
"""

from __future__ import annotations

import contextlib

import pytest

from concertim_api.clouds.simulator import Simulator
from tests.contract.openstack.said import Client


@pytest.fixture
def simulator():
    with contextlib.closing(Simulator().start()) as simulator:
        yield simulator


@pytest.fixture
def site(simulator):
    return simulator.site


@pytest.fixture
def project(site):
    return site.add_project("CM_astro")


@pytest.fixture
def connect(simulator):
    def connect(name, password, project_id=None):
        url = f"{simulator.url}/identity/v3"
        return Client(url, name, password, project_id)

    return connect


@pytest.fixture
def admin(simulator, connect):
    return connect("admin", simulator.password, simulator.site.admin["id"])


@pytest.fixture
def somebody(simulator, connect, project):
    """Return who has a role in the project, or in another one."""

    def somebody(role, name="ada", where=project):
        password = f"{name}'s own"
        simulator.add_user(name, password, {where["id"]: [role]})
        return connect(name, password, where["id"])

    return somebody


@pytest.fixture
def member(somebody):
    return somebody("member")


@pytest.fixture
def server(site, project):
    return site.add_server(project, "login")


@pytest.fixture
def volume(site, project):
    return site.add_volume(project, "scratch", 20)
