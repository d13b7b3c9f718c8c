"""Teams: made whole or not at all, and deleted when nothing runs."""

from __future__ import annotations

import orjson
import pytest

from concertim_api.domain.errors import (
    CloudRefused,
    Conflict,
    Invalid,
    NotFound,
    Unavailable,
)

from .conftest import ADMIN

GRANTS = "concertim:reader,cloudkitty:rating"


@pytest.fixture
def granting(make_world, simulator):
    """The world of an operator whose services have a role in each team."""
    for name in ("concertim", "cloudkitty"):
        simulator.site.add_user(name)
    # So that Keystone has this role.
    simulator.site.assign(
        simulator.site.add_user("x"), simulator.site.admin, "rating"
    )
    return make_world(team_grants=GRANTS)


@pytest.fixture
def ada(simulator):
    return simulator.site.add_user("ada")["id"]


def named(world, name):
    return next(
        u["id"] for u in world.site.users.values() if u["name"] == name
    )


def create(world, name="CM_physics", **more):
    return world.teams.create(ADMIN, name, **more)


def projects(world):
    return [p["name"] for p in world.site.projects.values()][1:]


def test_one_request_creates_a_team(world):
    team = create(world)
    assert world.requests() == ["POST /identity/v3/projects"]
    project = world.site.projects[team.id]
    assert project["description"] == "Concertim Managed Project"
    assert project["tags"] == []
    assert (team.name, team.roles) == ("CM_physics", {})
    assert world.resource("project", team.id).name == "CM_physics"
    (operation,) = world.operations()
    assert (operation.noun, operation.action) == ("team", "create")
    assert (operation.project_id, operation.state) == (team.id, "done")


def test_it_is_shown_as_it_was_answered(world, ada):
    team = create(world, roles=[(ada, "admin")], description="Of matter")
    world.project()
    (row,) = world.services.store.view.find("team", team.id)
    assert (row.name, row.region) == (team.name, team.region)
    assert orjson.loads(row.body)["roles"] == {ada: ["manager"]}
    assert "Concertim Managed Project: Of matter" in row.body
    assert team.roles == {ada: ("manager",)}


@pytest.mark.parametrize(
    ("prepare", "methods"),
    [
        # Another team was created before: ids are remembered.
        (lambda w: create(w, "CM_first"), ["POST", "PUT", "PUT", "PUT"]),
        # The ledger knows the users: a new process asks for the roles, too.
        (lambda w: w.learn("user"), ["GET", "POST", "PUT", "PUT", "PUT"]),
        # Then for the two users as well.
        (lambda w: None, ["GET"] * 3 + ["POST", "PUT", "PUT", "PUT"]),
    ],
)
def test_how_many_requests_with_all_roles(granting, ada, prepare, methods):
    world = granting
    prepare(world)
    world.requests()
    team = create(world, roles=[(ada, "admin")])
    assert [line.split()[0] for line in world.requests()] == methods
    assert world.roles_of(team.id) == {
        named(world, "concertim"): ["reader"],
        named(world, "cloudkitty"): ["rating"],
        ada: ["manager"],
    }


def test_only_users_of_the_domain_are_granted_roles(granting):
    """Names are unique in a domain only, and names of old are free again."""
    world = granting
    old = named(world, "concertim")
    world.learn("user")
    other = world.site.add_user("concertim")
    other["domain_id"] = "elsewhere"
    world.look("user", other["id"])
    team = create(world)
    assert world.roles_of(team.id)[old] == ["reader"]
    assert other["id"] not in world.roles_of(team.id)
    del world.site.users[old]
    world.look("user", old)
    with pytest.raises(Conflict, match="no user concertim"):
        create(world, "CM_second")
    assert projects(world) == ["CM_physics"]


def test_keystone_tells_which_of_two_users_of_a_name_is_left(granting):
    """It was renamed, or deleted, and the ledger has not heard of that."""
    world = granting
    old = named(world, "concertim")
    world.learn("user")
    world.site.users[old]["name"] = "retired"
    new = world.site.add_user("concertim")["id"]
    world.look("user", new)
    team = create(world)
    assert world.roles_of(team.id)[new] == ["reader"]
    assert old not in world.roles_of(team.id)


def test_a_role_of_ours_is_never_the_clouds_admin(world, ada):
    team = create(world, roles=[(ada, "admin"), (ada, "member")])
    assert world.roles_of(team.id) == {ada: ["manager", "member"]}


def test_an_unknown_role_makes_nothing(world, ada):
    with pytest.raises(Invalid, match="roles: not one of admin, member"):
        create(world, roles=[(ada, "reader")])
    assert not world.requests()
    assert not world.operations()


@pytest.mark.parametrize(
    ("grants", "reason"),
    [("nobody:member", "no user nobody"), ("ada:chief", "no role chief")],
)
def test_grants_that_are_impossible_make_nothing(
    make_world, ada, grants, reason
):
    world = make_world(team_grants=grants)
    with pytest.raises(Conflict, match=f"{reason}.*team_grants"):
        create(world)
    assert projects(world) == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 403}, CloudRefused),
        ({"status": 404}, Conflict),
        ({"status": 409}, Conflict),
        ({"status": 500}, Unavailable),
        ({"drop": True}, Unavailable),
        ({"status": 504, "worked": True}, Unavailable),
    ],
)
@pytest.mark.parametrize("after", [0, 1, 2])
def test_half_of_a_team_is_undone(granting, ada, fault, error, after):
    world = granting
    fault_ = world.simulator.fault("PUT /identity", **fault)
    fault_.after = after
    with pytest.raises(error):
        create(world, roles=[(ada, "member")])
    assert projects(world) == []
    left = {a["role"]["name"] for a in world.site.role_assignments}
    assert left == {"rating"}  # of x, elsewhere
    world.simulator.faults.clear()
    team = create(world, roles=[(ada, "member")])
    assert projects(world) == ["CM_physics"]
    assert len(world.roles_of(team.id)) == 3


def test_what_can_not_be_undone_is_told(world, ada):
    world.simulator.fault("PUT /identity", status=403, times=1)
    world.simulator.fault("DELETE /identity", status=403, times=1)
    with pytest.raises(CloudRefused) as error:
        create(world, roles=[(ada, "member")])
    (left,) = [
        p["id"] for p in world.site.projects.values() if p["name"] != "admin"
    ]
    assert f"project {left} is left" in str(error.value)
    assert f"project {left} is left" in world.operations()[0].error
    team = create(world, roles=[(ada, "member")])
    assert team.id == left
    assert world.roles_of(left) == {ada: ["member"]}


def test_a_repetition_completes_what_was_there(granting, ada):
    world = granting
    team = create(world)
    world.site.role_assignments[:] = [
        a for a in world.site.role_assignments if a["role"]["name"] != "rating"
    ]
    world.site.assign(
        world.site.users[named(world, "x")], world.site.admin, "rating"
    )
    world.requests()
    again = create(world, roles=[(ada, "member")])
    assert again.id == team.id
    lines = [line.split()[0] for line in world.requests()]
    assert lines == ["POST", "GET", "GET", "PUT", "PUT"]
    assert len(world.roles_of(team.id)) == 3
    assert len(again.roles) == 3


def test_what_was_there_stays_when_a_repetition_fails(world, ada):
    team = create(world)
    world.simulator.fault("PUT /identity", status=403)
    with pytest.raises(CloudRefused):
        create(world, roles=[(ada, "member")])
    assert team.id in world.site.projects


@pytest.mark.parametrize(
    "fault", [{"drop": True}, {"status": 504, "worked": True}]
)
def test_a_repetition_after_a_time_out(world, ada, fault):
    world.simulator.fault("POST /identity/v3/projects", times=1, **fault)
    with pytest.raises(Unavailable):
        create(world, roles=[(ada, "member")])
    team = create(world, roles=[(ada, "member")])
    assert projects(world) == ["CM_physics"]
    assert world.roles_of(team.id) == {ada: ["member"]}
    assert [o.state for o in world.operations()] == ["unsure", "done"]


def test_a_project_of_somebody_else(world, ada):
    theirs = world.site.add_project("CM_physics", description="mine")
    with pytest.raises(Conflict, match="did not create"):
        create(world, roles=[(ada, "member")])
    assert world.roles_of(theirs["id"]) == {}


def test_a_project_that_a_tag_makes_ours(tmp_path, make_world):
    world = make_world(domain_id="default\n[view]\nprojects = tag:hpc")
    team = create(world, "anything")
    assert world.site.projects[team.id]["tags"] == ["hpc"]
    world.project()
    assert world.services.store.view.find("team", team.id)


# Deleting


def test_a_team_is_deleted_after_its_questions(world):
    team = create(world)
    world.requests()
    world.teams.delete(ADMIN, team.id)
    *lines, last = world.requests()
    assert last == f"DELETE /identity/v3/projects/{team.id}"
    assert len(lines) == 13
    assert all(line.startswith("GET ") for line in lines)
    assert world.resource("project", team.id).ended
    world.project()
    assert not world.services.store.view.find("team", team.id)
    world.teams.delete(ADMIN, team.id)  # again: it is so


@pytest.mark.parametrize("recorded", [False, True])
def test_a_project_that_is_no_team_is_not_deleted(world, recorded):
    project_id = world.site.add_project("service")["id"]
    if recorded:
        world.look("project", project_id)
    for act in (world.teams.delete, world.teams.purge):
        with pytest.raises(NotFound):
            act(ADMIN, project_id)
    assert project_id in world.site.projects


def test_a_team_that_we_did_not_create(world):
    """A prefix makes it ours, too."""
    project_id = world.site.add_project("CM_old")["id"]
    world.teams.delete(ADMIN, project_id)
    assert project_id not in world.site.projects
