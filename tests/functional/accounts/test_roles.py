"""Roles in a team: what the map says, without a gap, and nothing else."""

from __future__ import annotations

import pytest

from concertim_api.domain.errors import (
    CloudRefused,
    Conflict,
    Invalid,
    NotFound,
    Unavailable,
)
from concertim_api.services.common.listing import EVERY_PROJECT, Scope

from .conftest import ADMIN


@pytest.fixture
def team(world):
    team = world.teams.create(ADMIN, "CM_physics")
    world.requests()
    return team.id


@pytest.fixture
def ada(simulator):
    return simulator.site.add_user("ada")["id"]


def assign(world, team, user, role, scope=EVERY_PROJECT):
    return world.roles.assign(ADMIN, scope, team, user, role)


def unassign(world, team, user, role=None, scope=EVERY_PROJECT):
    return world.roles.unassign(ADMIN, scope, team, user, role)


def listed(world, team, scope=EVERY_PROJECT):
    page = world.roles.list(scope, team)
    return {row.user_id: (row.role, row.roles) for row in page.rows}


def give(world, team, user, *names):
    for name in names:
        world.site.assign(
            world.site.users[user], world.site.projects[team], name
        )


def test_at_most_three_requests(world, team, ada):
    assign(world, team, ada, "member")
    world.requests()
    assign(world, team, ada, "admin")
    methods = [line.split()[0] for line in world.requests()]
    assert methods == ["PUT", "GET", "DELETE"]
    assert world.roles_of(team) == {ada: ["manager"]}
    unassign(world, team, ada, "admin")
    assert len(world.requests()) == 2
    assert world.roles_of(team) == {}


def test_there_is_no_gap(world, team, ada):
    """The new one comes before the old one goes."""
    assign(world, team, ada, "admin")
    seen = []
    world.simulator.fault(
        "(PUT|DELETE|GET) /identity/v3/",
        edit=lambda body: seen.append(world.roles_of(team)[ada]) or body,
    )
    assign(world, team, ada, "member")
    assert seen[0] == ["manager", "member"]
    assert seen[-1] == ["member"]
    assert all(seen)


def test_only_what_is_ours_is_revoked(world, team, ada):
    give(world, team, ada, "admin", "reader", "rating", "manager")
    team_role = assign(world, team, ada, "member")
    assert team_role.roles == ["admin", "member", "rating", "reader"]
    assert world.roles_of(team)[ada] == team_role.roles
    unassign(world, team, ada)
    assert world.roles_of(team)[ada] == ["admin", "rating", "reader"]
    assert listed(world, team)[ada] == (None, ["admin", "rating", "reader"])


def test_a_role_is_taken_away(world, team, ada):
    assign(world, team, ada, "member")
    unassign(world, team, ada, "admin")  # which she is not
    assert world.roles_of(team) == {ada: ["member"]}
    unassign(world, team, ada, "member")
    assert world.roles_of(team) == {}
    unassign(world, team, ada, "member")  # again: it is so
    assert listed(world, team) == {}


@pytest.mark.parametrize("role", ["owner", "reader", "manager", "Admin", ""])
@pytest.mark.parametrize("act", [assign, unassign])
def test_no_role_but_those_of_the_map(world, team, ada, act, role):
    with pytest.raises(Invalid, match="role: not one of admin, member"):
        act(world, team, ada, role)
    assert not world.requests()


def test_a_map_of_the_operator(make_world, simulator):
    world = make_world(team_roles="boss:admin,guest:guest/reader")
    team = world.teams.create(ADMIN, "CM_physics").id
    ada = simulator.site.add_user("ada")["id"]
    assign(world, team, ada, "guest")
    assert world.roles_of(team) == {ada: ["reader"]}
    assign(world, team, ada, "boss")
    assert world.roles_of(team) == {ada: ["admin"]}


def test_a_keystone_without_managers(world, team, ada):
    world.simulator.fault(
        "GET /identity/v3/roles",
        edit=lambda body: {
            **body,
            "roles": [r for r in body["roles"] if r["name"] != "manager"],
        },
    )
    team_role = assign(world, team, ada, "admin")
    assert team_role.roles == ["member"]
    assert world.roles_of(team) == {ada: ["member"]}


@pytest.mark.parametrize("recorded", [False, True])
def test_a_project_that_is_no_team(world, ada, recorded):
    """Its manager gets nothing done by us."""
    project = world.site.add_project("chemistry")["id"]
    if recorded:
        world.look("project", project)
    with pytest.raises(NotFound):
        assign(world, project, ada, "member", Scope(project))
    assert world.roles_of(project) == {}


def test_a_team_that_the_ledger_has_in_part(world, ada):
    """What an operation shows of a project, are its roles alone."""
    project = world.site.add_project("CM_chemistry")
    project["description"] = "Concertim Managed Project"
    for role in ("member", "admin"):
        assert assign(world, project["id"], ada, role).role == role


def test_a_user_whom_keystone_does_not_know(world, team):
    with pytest.raises(NotFound, match="nobody"):
        assign(world, team, "nobody", "member")
    assert world.operations()[-1].state == "failed"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 403}, CloudRefused),
        ({"status": 409}, Conflict),
        ({"status": 500}, Unavailable),
        ({"drop": True}, Unavailable),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_a_repetition_completes_it(world, team, ada, method, fault, error):
    assign(world, team, ada, "admin")
    world.simulator.fault(f"{method} /identity/v3/", **fault)
    with pytest.raises(error):
        assign(world, team, ada, "member")
    assert world.roles_of(team)[ada], "never nothing"
    world.simulator.faults.clear()
    assert assign(world, team, ada, "member").roles == ["member"]
    assert world.roles_of(team) == {ada: ["member"]}


def test_who_did_what_is_written_down(world, team, ada):
    assign(world, team, ada, "member")
    unassign(world, team, ada)
    first, second = world.operations()[-2:]
    assert (first.noun, first.action) == ("role", "assign")
    assert first.arguments == {"user_id": ada, "role": "member"}
    assert (second.action, second.arguments) == ("unassign", {"user_id": ada})
    assert first.project_id == second.project_id == team


def test_a_list_is_no_request(world, team, ada):
    world.look("user", ada)
    assign(world, team, ada, "admin")
    world.requests()
    (row,) = world.roles.list(Scope(team), team).rows
    assert (row.user, row.role, row.roles) == ("ada", "admin", ["manager"])
    assert not world.requests()
