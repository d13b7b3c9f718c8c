"""The openstack command, a cloud that does what it is told, and an agent that
looks after it."""

from datetime import timedelta

import pytest

from concertim_api import bootstrap
from concertim_api.clouds.simulator import Site
from concertim_api.domain.operations import FINAL
from concertim_api.services.operations.outcomes import Outcomes
from tests.fakes.cloud import in_process
from tests.functional import built
from tests.waiting import wait_for

from . import cluster
from .conftest import PHYSICS, OpenStack

REGION = "here"


#: The last test looks at what the others did.
pytestmark = pytest.mark.xdist_group("osc-actions")


class World:
    """A cloud with a cluster of physics, and what shows it."""

    def __init__(self, live_api):
        clock = bootstrap.SystemClock()
        self.site = Site()
        physics = self.site.add_project("physics", PHYSICS)
        self.stack = self.site.add_cluster(physics, "astro", computes=2)
        self.servers = {s["name"]: s for s in self.site.servers.values()}
        (self.volume,) = self.site.volumes.values()
        self.simulator, self.cloud = in_process(self.site, clock, REGION)
        self.url, self.services = live_api(
            "[api]",
            "auth_strategy = noauth",
            *cluster.VIEW,
            clouds={REGION: self.cloud},
        )
        built.learn(self.services, self.cloud)
        self.project()
        self.outcomes = Outcomes(
            self.services.store.operations,
            self.services.store.histories,
            self.services.recorder,
            {REGION: self.cloud},
            clock,
            timeout=timedelta(seconds=30),
            keep=None,
        )

    def await_end(self, operation_id):
        """Wait until an operation that is looked after has ended."""
        log = self.services.store.operations
        wait_for(
            f"operation {operation_id} to end",
            lambda: log.get(operation_id),
            lambda operation: operation.state in FINAL,
        )

    def project(self):
        built.settle(
            self.services.store, self.services.clock, self.services.rules
        )

    def looked_after(self):
        """Let an agent look after operations meanwhile."""
        return cluster.repeated(lambda: (self.outcomes.run(), self.project()))


@pytest.fixture(scope="module")
def world(live_api):
    return World(live_api)


@pytest.fixture(scope="module")
def openstack(world, home):
    """The command of somebody on the machine of an API without auth."""
    return OpenStack(
        home, "--os-auth-type", "none", "--os-endpoint", world.url
    )


def test_a_server_is_stopped_and_started(openstack, world):
    login = world.servers["astro-login"]
    with world.looked_after():
        stop = openstack.json(
            *("device", "stop", "astro-login", "--rack", "astro", "--wait")
        )
        assert login["OS-EXT-STS:vm_state"] == "stopped"
        assert (stop["state"], stop["error"]) == ("done", None)
        device = openstack.json("device", "show", "astro-login")
        assert device["status"] == "STOPPED"
        start = openstack("device", "start", login["id"], "--wait")
    assert start.status == 0
    assert "instance start: accepted" in start.err
    assert "instance start: done, in " in start.err
    assert login["OS-EXT-STS:vm_state"] == "active"


def test_nobody_waits_for_what_is_so_already(openstack):
    again = openstack.json("device", "start", "astro-login")
    assert again["state"] == "done"


def test_what_the_cloud_does_not_allow(openstack, world):
    server = world.servers["astro-compute-1"]
    server["OS-EXT-STS:vm_state"] = "stopped"
    answer = openstack("device", "reboot", "astro-compute-1")
    server["OS-EXT-STS:vm_state"] = "active"
    assert answer.status == 1
    assert f"Cannot 'reboot' instance {server['id']}" in answer.err
    assert "HTTP 409" in answer.err
    (operation,) = openstack.json("operation", "list", "--failing")
    assert operation["action"] == "reboot"
    assert "Cannot 'reboot'" in operation["error"]
    assert operation["project"] == "physics"


def test_a_volume(openstack, world):
    with world.looked_after():
        extension = openstack.json(
            *("device", "extend", "astro-scratch", "--size", "40", "--wait")
        )
        assert extension["arguments"] == {"size_gb": 40}
        assert extension["state"] == "done"
        answer = openstack("device", "destroy", "astro-scratch")
        assert answer.status == 1
        assert "HTTP 409" in answer.err
        detachment = openstack.json(
            *("device", "detach", "astro-scratch"),
            *("--server", "astro-login", "--wait"),
        )
        login_id = world.servers["astro-login"]["id"]
        assert detachment["arguments"] == {"server_ids": [login_id]}
        assert detachment["state"] == "done"
        deletion = openstack.json(
            "device", "destroy", "astro-scratch", "--wait"
        )
    assert deletion["state"] == "done"
    assert world.site.volumes == {}


def test_what_fails_in_the_end(openstack, world):
    world.simulator.delay = 86400
    server = world.servers["astro-compute-0"]
    with world.looked_after():
        operation = openstack.json("device", "suspend", server["name"])
        assert operation["state"] == "accepted"
        server["OS-EXT-STS:task_state"] = None  # Nova has given up
        answer = openstack(
            "device", "reboot", "astro-compute-1", "--wait", "--timeout", "1"
        )
        assert answer.status == 1
        assert "has not finished within 1 s: it is accepted" in answer.err
        world.await_end(operation["id"])
    world.simulator.delay = 0
    answer = openstack("operation", "show", operation["id"])
    assert answer.status == 0
    assert "the server is active" in answer.out


def test_a_rack(openstack, world):
    with world.looked_after():
        operation = openstack.json("rack", "suspend", "astro", "--wait")
        assert (operation["noun"], operation["state"]) == ("rack", "done")
        assert openstack.json("rack", "show", "astro")["status"] == "STOPPED"
        for action in ("check", "resume", "destroy"):
            operation = openstack.json("rack", action, "astro", "--wait")
            assert operation["state"] == "done"
    assert openstack("rack", "show", "astro").status == 1
    assert world.site.servers == {}


def test_all_that_was_done(openstack, world):
    """The reboot that nobody waited for, too: its server is gone."""
    world.project()
    log = world.services.store.operations
    with world.looked_after():
        for operation in log.unfinished(10):
            world.await_end(operation.id)
    rows = openstack.json("operation", "list")
    assert [row["action"] for row in rows[:4]] == [
        *("destroy", "resume", "check", "suspend"),
    ]
    assert {row["state"] for row in rows} <= {"done", "failed", "unsure"}
    racks = openstack.json("operation", "list", "--noun", "rack")
    assert len(racks) == 4
    first = openstack.json("operation", "list", "--limit", "1")
    assert first == rows[:1]
    assert openstack.json("operation", "list", "--since", "2999-01-01") == []
    assert openstack("operation", "list").head == [
        *("asked_at", "noun", "action", "name", "state", "error", "id"),
    ]
