"""POST /user and its like, as the front end's jobs send them."""

from __future__ import annotations

import uuid

import pytest


def new_user(stage, username="bob", **over):
    """What UserSignupJob sends."""
    return {
        "username": username,
        "name": "Bob Builder",
        "email": "bob@example.org",
        "password": stage.secret(),
        **over,
    }


def created(stage, **over):
    return stage.ask("POST", "/user", body=new_user(stage, **over))


def test_a_user_is_created(stage):
    asked = new_user(stage)
    told = stage.ask("POST", "/user", body=asked)
    user = stage.cloud.site.users[told["user_cloud_id"]]
    assert told == {
        "success": True,
        "username": "CM_bob",
        "user_cloud_id": user["id"],
    }
    assert user["name"] == "CM_bob"
    assert user["email"] == "bob@example.org"
    assert user["description"] == "Concertim Managed User"
    known = stage.cloud.accounts.passwords[user["id"]]
    assert known == asked["password"]  # and not that of who calls


def test_after_half_an_answer_it_is_asked_again(stage):
    asked = new_user(stage)
    stage.cloud.fault("^POST /identity/v3/users", drop=True, times=1)
    word, _ = stage.refused("POST", "/user", 504, body=asked)
    assert word == "Unanswered"
    assert stage.ask("POST", "/user", body=asked)["user_cloud_id"]


@pytest.mark.parametrize(
    "new", [["email"], ["password"], ["email", "password"]]
)
def test_a_user_is_changed(stage, new):
    user_id = created(stage)["user_cloud_id"]
    values = {"email": "new@example.org", "password": stage.secret()}
    told = stage.ask(
        "PATCH",
        "/user",
        body={
            "user_info": {
                "cloud_user_id": user_id,
                "new_data": {name: values[name] for name in new},
            }
        },
    )
    assert told["updated"] == [["cloud_user", user_id, name] for name in new]
    user = stage.cloud.site.users[user_id]
    passwords = stage.cloud.accounts.passwords
    assert (user["email"] == values["email"]) == ("email" in new)
    assert (passwords[user_id] == values["password"]) == ("password" in new)


@pytest.mark.parametrize("new", [{"name": "x"}, {"email": None}, {}])
def test_there_must_be_something_to_change(stage, new):
    user_id = created(stage)["user_cloud_id"]
    body = {"user_info": {"cloud_user_id": user_id, "new_data": new}}
    word, message = stage.refused("PATCH", "/user", 400, body=body)
    assert (word, "email" in message) == ("Invalid", True)


def test_a_new_password_counts_at_once(stage):
    """The token of the old one, though remembered, is no longer one."""
    project = stage.project()
    user_id = created(stage)["user_cloud_id"]
    old = stage.secret()
    password = {"new_data": {"password": old}}
    change = {"user_info": {"cloud_user_id": user_id, **password}}
    stage.ask("PATCH", "/user", body=change)
    stage.cloud.site.assign(stage.cloud.site.users[user_id], project, "member")
    env = stage.env(user_id, old, project["id"])
    stage.ask("GET", "/key_pairs", env=env)
    new = stage.secret()
    change["user_info"]["new_data"]["password"] = new
    stage.ask("PATCH", "/user", body=change)
    stage.ask("GET", "/key_pairs", env={**env, "password": new})
    word, _ = stage.refused("GET", "/key_pairs", 401, env=env)
    assert word == "Unauthorized"


# Teams


def team(stage, name="bob_team", **more):
    return stage.ask("POST", "/team", body={"name": name, **more})


def test_a_team_is_created(stage):
    told = team(stage, "bob's team")
    project = stage.cloud.site.projects[told["project_id"]]
    assert project["name"] == "CM_bob's team"
    assert project["description"] == "Concertim Managed Project"
    uuid.UUID(told["billing_acct_id"])
    assert set(told) == {"success", "project_id", "billing_acct_id"}


def test_a_team_is_the_same_again(stage):
    """By its name, and by the ids that the front end knows already."""
    first = team(stage)
    assert team(stage) == first
    assert team(stage, project_id=None, billing_acct_id=None) == first
    known = {name: first[name] for name in ("project_id", "billing_acct_id")}
    assert team(stage, **known) == first
    known["billing_acct_id"] = str(uuid.uuid4())
    assert team(stage, **known) == first  # the id of an account is ours


def test_a_team_that_is_no_more_is_made_anew(stage):
    told = team(stage, project_id="0" * 32)
    assert told["project_id"] in stage.cloud.site.projects


def roles(stage, project_id):
    found = {}
    for one in stage.cloud.site.role_assignments:
        if one["scope"].get("project", {}).get("id") == project_id:
            name = one["user"]["name"]
            found.setdefault(name, set()).add(one["role"]["name"])
    return found


def test_the_project_of_who_calls_is_never_meant(stage):
    projects = {*stage.cloud.site.projects}
    body = {"team_info": {"billing_acct_id": str(uuid.uuid4())}}
    assert stage.ask("DELETE", "/team", body=body) == {"success": True}
    assert projects == {*stage.cloud.site.projects}


def test_roles_are_granted_changed_and_revoked(stage):
    """Without a gap: the new role is there before the old one goes."""
    project_id = team(stage)["project_id"]
    user_id = created(stage)["user_cloud_id"]
    who = {"project_id": project_id, "user_id": user_id}

    def role(method, **said):
        stage.cloud.requests.clear()
        body = {"team_role": {**who, **said}}
        answer = stage.ask(method, "/team_role", body=body)
        assert answer == {"success": True}
        return roles(stage, project_id).get("CM_bob", set())

    for _ in range(2):
        assert role("POST", role="admin") == {"manager"}
    for writes in (["PUT", "DELETE"], ["PUT"]):
        names = role("PATCH", current_role="admin", new_role="member")
        assert names == {"member"}
        lines = [line for line in stage.cloud.requests if "/roles/" in line]
        methods = [line.split()[0] for line in lines]
        assert [m for m in methods if m != "GET"] == writes
    for _ in range(2):
        assert role("DELETE", role="member") == set()


def test_who_did_it_is_told(stage):
    created(stage)
    team(stage)
    done = stage.operations()
    assert [(one.noun, one.action) for one in done] == [
        ("user", "create"),
        ("team", "create"),
    ]
    assert {one.user_id for one in done} == {stage.operator["user_id"]}
    assert all(one.request_id.startswith("req-") for one in done)
