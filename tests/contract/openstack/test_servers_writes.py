"""Servers: what the simulated OpenStack does when it is told to."""

from __future__ import annotations

import math

import pytest

from tests.contract.openstack.said import COMPUTE, nova_says


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([("os-stop", None)], "SHUTOFF"),
        ([("os-stop", None), ("os-start", None)], "ACTIVE"),
        ([("reboot", {"type": "SOFT"})], "ACTIVE"),
        ([("os-stop", None), ("reboot", {"type": "HARD"})], "ACTIVE"),
        ([("suspend", None)], "SUSPENDED"),
        ([("suspend", None), ("resume", None)], "ACTIVE"),
        ([("shelve", None)], "SHELVED_OFFLOADED"),
        ([("shelve", None), ("unshelve", None)], "ACTIVE"),
    ],
)
def test_a_server_does_what_it_is_told(member, server, steps, status):
    for action, arguments in steps:
        response = member.act(server, action, arguments)
        assert response.status_code == 202
        assert response.content == b""
    seen = member.server(server)
    assert seen["status"] == status
    assert seen["OS-EXT-STS:task_state"] is None


@pytest.mark.parametrize(
    ("first", "action", "arguments", "state"),
    [
        (None, "os-start", None, "active"),
        (None, "resume", None, "active"),
        (None, "unshelve", None, "active"),
        ("os-stop", "os-stop", None, "stopped"),
        ("os-stop", "suspend", None, "stopped"),
        ("os-stop", "reboot", {"type": "SOFT"}, "stopped"),
        ("suspend", "os-start", None, "suspended"),
        ("shelve", "shelve", None, "shelved_offloaded"),
        ("shelve", "reboot", {"type": "HARD"}, "shelved_offloaded"),
    ],
)
def test_a_server_does_only_what_its_state_allows(
    member, server, first, action, arguments, state
):
    if first:
        assert member.act(server, first).status_code == 202
    before = member.server(server)
    nova_says(
        member.act(server, action, arguments),
        409,
        "conflictingRequest",
        f"Cannot '{action.removeprefix('os-')}' instance {server['id']} "
        f"while it is in vm_state {state}",
    )
    assert member.server(server) == before


def test_a_server_at_work_says_so(simulator, member, server):
    simulator.delay = math.inf
    for action, arguments, task, status, after in (
        ("os-stop", None, "powering-off", "ACTIVE", "SHUTOFF"),
        ("os-start", None, "powering-on", "SHUTOFF", "ACTIVE"),
        ("reboot", {"type": "SOFT"}, "rebooting", "REBOOT", "ACTIVE"),
        ("suspend", None, "suspending", "ACTIVE", "SUSPENDED"),
    ):
        assert member.act(server, action, arguments).status_code == 202
        seen = member.server(server)
        assert seen["status"] == status
        assert seen["OS-EXT-STS:task_state"] == task
        response = member.act(server, "shelve")
        nova_says(response, 409, "conflictingRequest", f"task_state {task}")
        simulator.settle()
        assert member.server(server)["status"] == after


def test_work_takes_its_time_on_the_clock_of_the_site(
    simulator, site, member, server
):
    simulator.delay, now = 30, site.now()
    site.now = lambda: now
    member.act(server, "os-stop")
    assert member.server(server)["status"] == "ACTIVE"
    site.now = lambda: now.replace(year=now.year + 1)
    assert member.server(server)["status"] == "SHUTOFF"


def test_what_was_accepted_may_fail(simulator, member, server):
    simulator.failing[server["id"]] = "No valid host was found."
    assert member.act(server, "reboot", {"type": "HARD"}).status_code == 202
    seen = member.server(server)
    assert (seen["status"], seen["OS-EXT-STS:vm_state"]) == ("ERROR", "error")
    assert seen["fault"]["message"] == "No valid host was found."
    assert member.act(server, "os-stop").status_code == 202
    assert member.server(server)["status"] == "SHUTOFF"


def test_what_is_no_action_is_told(member, server):
    response = member.act(server, "fly")
    nova_says(response, 400, "badRequest", "There is no such action: fly")
    response = member.act(server, "reboot", {})
    nova_says(response, 400, "badRequest", "'type' is a required property")
    response = member.act(server, "reboot", {"type": "MILD"})
    nova_says(response, 400, "badRequest", "'MILD' is not one of")


def test_a_server_is_deleted_and_its_volumes_stay(
    simulator, site, member, server, project
):
    volume = site.add_volume(project, "scratch", server=server)
    simulator.delay = math.inf
    path = f"/servers/{server['id']}"
    response = member("DELETE", "compute", path)
    assert (response.status_code, response.content) == (204, b"")
    assert member.server(server)["OS-EXT-STS:task_state"] == "deleting"
    simulator.settle()
    assert member.server(server) is None
    assert member.volume(volume)["status"] == "available"
    response = member("DELETE", "compute", path)
    nova_says(response, 404, "itemNotFound", f"Instance {server['id']}")


def test_a_locked_server_is_for_administrators(admin, member, server):
    server["locked"] = True
    response = member.act(server, "os-stop")
    nova_says(response, 409, "conflictingRequest", "is locked")
    assert admin.act(server, "os-stop").status_code == 202


def test_a_project_has_its_own_servers(site, somebody, member, admin, server):
    stranger = somebody("member", "eve", site.add_project("elsewhere"))
    response = stranger.act(server, "os-stop")
    nova_says(response, 404, "itemNotFound", server["id"])
    response = stranger("DELETE", "compute", f"/servers/{server['id']}")
    assert response.status_code == 404
    for client, expected in ((stranger, []), (member, [server["id"]])):
        response = client("GET", "compute", "/servers/detail", COMPUTE)
        assert [s["id"] for s in response.json()["servers"]] == expected
    response = member("GET", "compute", "/servers/detail?all_tenants=1")
    nova_says(response, 403, "forbidden", "get_all_tenants")
    assert admin.act(server, "os-stop").status_code == 202


def test_who_only_reads_changes_nothing(somebody, server):
    reader = somebody("reader")
    response = reader.act(server, "os-stop")
    nova_says(response, 403, "forbidden", "os_compute_api:servers:stop")
    response = reader("DELETE", "compute", f"/servers/{server['id']}")
    nova_says(response, 403, "forbidden", "os_compute_api:servers:delete")
    assert reader.server(server)["status"] == "ACTIVE"
