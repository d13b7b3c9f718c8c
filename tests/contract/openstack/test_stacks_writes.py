"""Stacks: what the simulated OpenStack does when it is told to."""

from __future__ import annotations

import math

import pytest

from tests.contract.openstack.said import heat_says


@pytest.fixture
def stack(site, project):
    return site.add_cluster(project, "astro", computes=2)


def stack_act(client, stack, action):
    return client.stack(stack, "POST", "/actions", json={action: None})


@pytest.mark.parametrize(
    ("action", "server_status"),
    [("suspend", "SUSPENDED"), ("check", "ACTIVE")],
)
def test_a_stack_does_what_it_is_told(
    simulator, site, member, stack, action, server_status
):
    simulator.delay = math.inf
    response = stack_act(member, stack, action)
    assert response.status_code == 200
    assert response.content in (b"null", b"")
    seen = member.stack(stack).json()["stack"]
    assert seen["stack_status"] == f"{action.upper()}_IN_PROGRESS"
    simulator.settle()
    seen = member.stack(stack).json()["stack"]
    assert seen["stack_status"] == f"{action.upper()}_COMPLETE"
    servers = {s["status"] for s in site.servers.values()}
    assert servers == {server_status}
    if action == "suspend":
        stack_act(member, stack, "resume")
        simulator.settle()
        assert {s["status"] for s in site.servers.values()} == {"ACTIVE"}
        seen = member.stack(stack).json()["stack"]
        assert seen["stack_status"] == "RESUME_COMPLETE"


def test_what_a_stack_began_may_fail(simulator, member, stack):
    for action in ("suspend", "check"):
        simulator.failing[stack["id"]] = "the server is locked"
        assert stack_act(member, stack, action).status_code == 200
        seen = member.stack(stack).json()["stack"]
        assert seen["stack_status"] == f"{action.upper()}_FAILED"
        assert "the server is locked" in seen["stack_status_reason"]
    simulator.failing[stack["id"]] = "the volume is in use"
    assert member.stack(stack, "DELETE").status_code == 204
    seen = member.stack(stack).json()["stack"]
    assert seen["stack_status"] == "DELETE_FAILED"


def test_a_stack_is_deleted_with_all_that_is_in_it(
    simulator, site, member, stack
):
    simulator.delay = math.inf
    response = member.stack(stack, "DELETE")
    assert (response.status_code, response.content) == (204, b"")
    seen = member.stack(stack).json()["stack"]
    assert seen["stack_status"] == "DELETE_IN_PROGRESS"
    assert site.servers
    simulator.settle()
    seen = member.stack(stack).json()["stack"]
    assert seen["stack_status"] == "DELETE_COMPLETE"
    assert (site.servers, site.volumes, site.networks) == ({}, {}, {})
    assert {s["stack_status"] for s in site.stacks.values()} == {
        "DELETE_COMPLETE"
    }
    response = member.stack(stack, "DELETE")
    heat_says(response, 404, "EntityNotFound", "The Stack (astro) could not")


def test_a_stack_at_work_may_refuse_more(simulator, member, stack):
    simulator.delay = math.inf
    stack_act(member, stack, "suspend")
    simulator.heat_converges = False
    response = stack_act(member, stack, "resume")
    heat_says(response, 409, "ActionInProgress", "already has an action (SUS")
    simulator.heat_converges = True
    assert stack_act(member, stack, "resume").status_code == 200
    simulator.settle()
    seen = member.stack(stack).json()["stack"]
    assert seen["stack_status"] == "RESUME_COMPLETE"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "No action specified"),
        ({"suspend": None, "check": None}, "Multiple actions specified"),
        ({"fly": None}, "Invalid action fly specified"),
    ],
)
def test_what_is_no_action_of_a_stack_is_told(member, stack, body, message):
    response = member.stack(stack, "POST", "/actions", json=body)
    heat_says(response, 400, "HTTPBadRequest", message)


def test_a_project_has_its_own_stacks(site, somebody, member, stack):
    stranger = somebody("member", "eve", site.add_project("elsewhere"))
    response = stack_act(stranger, stack, "suspend")
    heat_says(response, 404, "EntityNotFound", "The Stack (astro) could not")
    url = stranger.endpoints["orchestration"].rpartition("/")[0]
    stranger.endpoints["orchestration"] = f"{url}/{stack['project']}"
    for response in (
        stack_act(stranger, stack, "suspend"),
        stranger.stack(stack, "DELETE"),
        stranger("GET", "orchestration", "/stacks"),
        member("GET", "orchestration", "/stacks?global_tenant=true"),
    ):
        heat_says(response, 403, "HTTPForbidden", "Access was denied")
    reader = somebody("reader", "bob")
    response = reader.stack(stack, "DELETE")
    heat_says(response, 403, "HTTPForbidden", "Access was denied")
    renamed = {**stack, "stack_name": "other"}
    response = stack_act(member, renamed, "suspend")
    heat_says(response, 404, "EntityNotFound", "The Stack (other) could not")
    assert member.stack(stack).json()["stack"]["stack_status"] == (
        "CREATE_COMPLETE"
    )
