"""What a service of the simulated OpenStack does in time, and in vain.

What comes of it at once is in ``test_operators_actions``.
"""

from __future__ import annotations

import math

import pytest


@pytest.fixture
def slow(simulator):
    """Let nothing be done before ``simulator.settle()``."""
    simulator.delay = math.inf


@pytest.fixture
def stack(site, project):
    return site.add_cluster(project, "astro", computes=2)


def stack_act(client, stack, action):
    return client.stack(stack, "POST", "/actions", json={action: None})


def stack_status(client, stack):
    return client.stack(stack).json()["stack"]["stack_status"]


def extend(client, volume, size, version=None):
    path = f"/volumes/{volume['id']}/action"
    body = {"os-extend": {"new_size": size}}
    return client("POST", "block-storage", path, version, json=body)


@pytest.mark.usefixtures("slow")
def test_a_server_at_work_says_so(simulator, member, server):
    for action, arguments, task, status, after in (
        ("os-stop", None, "powering-off", "ACTIVE", "SHUTOFF"),
        ("os-start", None, "powering-on", "SHUTOFF", "ACTIVE"),
        ("reboot", {"type": "SOFT"}, "rebooting", "REBOOT", "ACTIVE"),
        ("suspend", None, "suspending", "ACTIVE", "SUSPENDED"),
        ("resume", None, "resuming", "SUSPENDED", "ACTIVE"),
        ("shelve", None, "shelving", "ACTIVE", "SHELVED_OFFLOADED"),
        ("unshelve", None, "unshelving", "SHELVED_OFFLOADED", "ACTIVE"),
    ):
        response = member.act(server, action, arguments)
        assert (response.status_code, response.content) == (202, b"")
        seen = member.server(server)
        assert seen["status"] == status
        assert seen["OS-EXT-STS:task_state"] == task
        assert member.act(server, "os-stop").status_code == 409
        simulator.settle()
        seen = member.server(server)
        assert seen["status"] == after
        assert seen["OS-EXT-STS:task_state"] is None


def test_work_takes_its_time_on_the_clock_of_the_site(
    simulator, site, member, server
):
    simulator.delay, now = 30, site.now()
    site.now = lambda: now
    member.act(server, "os-stop")
    assert member.server(server)["status"] == "ACTIVE"
    site.now = lambda: now.replace(year=now.year + 1)
    assert member.server(server)["status"] == "SHUTOFF"


def test_what_nova_accepted_may_fail(simulator, member, server):
    simulator.failing[server["id"]] = "No valid host was found."
    assert member.act(server, "reboot", {"type": "HARD"}).status_code == 202
    seen = member.server(server)
    assert (seen["status"], seen["OS-EXT-STS:vm_state"]) == ("ERROR", "error")
    assert seen["fault"]["message"] == "No valid host was found."
    assert member.act(server, "os-stop").status_code == 202
    assert member.server(server)["status"] == "SHUTOFF"


def test_what_cinder_accepted_may_fail(simulator, member, volume):
    reason, path = "the storage is away", f"/volumes/{volume['id']}"
    simulator.failing[volume["id"]] = reason
    assert extend(member, volume, 50).status_code == 202
    assert member.volume(volume)["status"] == "error_extending"
    volume["status"], simulator.failing[volume["id"]] = "available", reason
    assert member("DELETE", "block-storage", path).status_code == 202
    assert member.volume(volume)["status"] == "error_deleting"


def test_force_is_for_the_administrators_of_a_project(somebody, volume):
    volume["status"] = "error_deleting"
    path = f"/volumes/{volume['id']}/action"
    boss, body = somebody("admin", "boss"), {"os-force_delete": {}}
    response = boss("POST", "block-storage", path, json=body)
    assert response.status_code == 202
    assert boss.volume(volume) is None


@pytest.mark.usefixtures("slow")
def test_a_stack_at_work_takes_another_action(simulator, member, stack):
    stack_act(member, stack, "suspend")
    assert stack_act(member, stack, "resume").status_code == 200
    simulator.settle()
    assert stack_status(member, stack) == "RESUME_COMPLETE"


@pytest.mark.parametrize("action", ["suspend", "check"])
def test_what_a_stack_began_may_fail(simulator, member, stack, action):
    simulator.failing[stack["id"]] = "the server is locked"
    assert stack_act(member, stack, action).status_code == 200
    seen = member.stack(stack).json()["stack"]
    assert seen["stack_status"] == f"{action.upper()}_FAILED"
    assert "the server is locked" in seen["stack_status_reason"]
    simulator.failing[stack["id"]] = "the volume is in use"
    assert member.stack(stack, "DELETE").status_code == 204
    assert stack_status(member, stack) == "DELETE_FAILED"
