"""Today's front end and cluster builder, through their whole day."""

from __future__ import annotations

import pytest

from tests.functional.dialects.concertim.callers import (
    Failed,
    FrontEnd,
)
from tests.functional.dialects.concertim.conftest import JWT_SECRET


@pytest.fixture
def send(stage):
    def sent(method, path, headers, body):
        _, _, token = headers["Authorization"].partition(" ")
        stage.secrets.add(token)
        answer = stage.send(
            method,
            path,
            body,
            **{n.replace("-", "_"): v for n, v in headers.items()},
        )
        return (
            answer.status_int,
            answer.headers.get("Content-Type", ""),
            answer.body,
        )

    return sent


@pytest.fixture
def front_end(stage, send):
    return FrontEnd(send, JWT_SECRET, stage.operator)


def signed_up(stage, front_end, login="bob"):
    """The chain of a sign-up: user, team, role."""
    password = stage.secret()
    user_id = front_end.sign_up(login, password)
    team = front_end.create_team(f"{login}_team")
    front_end.grant(team, user_id, "admin")
    return user_id, team, front_end.of_user(user_id, password, team)


def test_the_life_of_a_user(stage, front_end):
    user_id, team, env = signed_up(stage, front_end)
    private = front_end.create_key_pair(env, "laptop")
    stage.secrets.add(private.splitlines()[1])
    ((name, _, kind),) = front_end.keypairs(env)
    assert (name, kind) == ("laptop", "ssh")
    assert front_end.limits(env)["Instances"] == (0, 10)
    site = stage.cloud.site
    project = site.projects[team["project_id"]]
    node = site.add_server(project, "node1")
    stack = site.add_stack(project, "cluster--token")
    assert front_end.limits(env)["Instances"] == (1, 10)
    front_end.change_status(env, "instances", node["id"], "off")
    assert node["status"] == "SHUTOFF"
    front_end.change_status(env, "instances", node["id"], "on")
    front_end.change_status(env, "racks", stack["id"], "suspend")
    front_end.change_status(env, "racks", stack["id"], "resume")
    front_end.change_status(env, "instances", node["id"], "destroy")
    front_end.change_status(env, "racks", stack["id"], "destroy")
    front_end.delete_key_pair(env, "laptop")
    new = stage.secret()
    front_end.change_user(user_id, email="b@example.org", password=new)
    front_end.keypairs({**env, "password": new})
    front_end.change_role(team, user_id, "admin", "member")
    front_end.revoke(team, user_id, "member")
    with pytest.raises(Failed) as failed:
        front_end.keypairs({**env, "password": new})
    assert failed.value.status == 401
    front_end.delete_team(team)
    front_end.delete_user(user_id)
    assert user_id not in site.users
    assert team["project_id"] not in site.projects


def test_jobs_are_run_ten_times(stage, front_end):
    """Its answer lost each time; nothing is there twice."""
    password, users, teams = stage.secret(), set(), set()
    known = {}
    for _ in range(10):
        users.add(front_end.sign_up("bob", password))
        known = front_end.create_team("bob_team", **known)
        teams.add(tuple(known.values()))
        (user_id,) = users
        front_end.grant(known, user_id, "admin")
    assert (len(users), len(teams)) == (1, 1)
    for _ in range(10):
        front_end.delete_team(known)
        front_end.delete_user(user_id)


def test_an_administrator_acts_in_a_team(stage, front_end):
    """As root does: with the front end's own credentials and project."""
    _, team, _ = signed_up(stage, front_end)
    site = stage.cloud.site
    node = site.add_server(site.projects[team["project_id"]], "node1")
    front_end.change_status(stage.operator, "instances", node["id"], "off")
    assert node["status"] == "SHUTOFF"


def test_what_goes_wrong_is_read_by_the_user(stage, front_end):
    _, team, env = signed_up(stage, front_end)
    site = stage.cloud.site
    node = site.add_server(site.projects[team["project_id"]], "node1")
    node["locked"] = True
    with pytest.raises(Failed) as failed:
        front_end.change_status(env, "volumes", node["id"], "destroy")
    assert failed.value.status == 404
    with pytest.raises(Failed, match="There is no tariff") as failed:
        front_end.deposit(team, 100)
    assert failed.value.status == 409
