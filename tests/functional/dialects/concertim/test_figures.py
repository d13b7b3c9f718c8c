"""How many requests of the cloud each thing takes."""

from __future__ import annotations

import re

import pytest

#: What a service can do, and which flavors there are.
NOW_AND_THEN = re.compile(
    r"GET (/compute/v2\.1/?$|/volume/v3/?$|/compute/v2\.1/flavors/detail)"
)

LOGIN = "POST /identity/v3/auth/tokens"


@pytest.fixture
def asked(stage):
    """Forget what was asked so far; return what is, without log-ins."""

    def found():
        lines = [line for line in stage.cloud.requests if line != LOGIN]
        stage.cloud.requests.clear()
        return lines

    # Discoveries, once in a process.
    stage.ask("GET", "/team/limits", env=stage.operator)
    found()
    return found


def test_a_user(stage, asked):
    user = {
        "username": "bob",
        "name": "Bob",
        "email": "bob@example.org",
        "password": stage.secret(),
    }
    told = stage.ask("POST", "/user", body=user)
    assert len(asked()) == 1
    stage.ask("POST", "/user", body=user)
    assert len(asked()) == 3  # and its password
    known = {"cloud_user_id": told["user_cloud_id"]}
    change = {"user_info": {**known, "new_data": {"email": "b@example.org"}}}
    stage.ask("PATCH", "/user", body=change)
    assert len(asked()) == 1
    stage.ask("DELETE", "/user", body={"user_info": known})
    assert len(asked()) == 2  # where the user works, first


def test_a_team_with_three_grants(stage, asked):
    names = ("admin-of-teams", "concertim", "cloudkitty")
    for name in names:
        stage.cloud.add_user(name, stage.secret())
    grants = [f"{name}:reader" for name in names]
    stage.conf.set_override("team_grants", grants, "operations")
    stage.again()
    team = stage.ask("POST", "/team", body={"name": "first"})
    asked()
    team = stage.ask("POST", "/team", body={"name": "second"})
    assert len(asked()) == 1 + len(names)
    del team["success"]
    stage.ask("POST", "/team", body={"name": "second", **team})
    assert len(asked()) == 1
    stage.ask("DELETE", "/team", body={"team_info": team})
    assert len(asked()) == 14 + 1  # what is left in it, first


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("kind", ["instances", "volumes", "racks"])
def test_an_action(stage, asked, bob, things, kind, shown):
    """Events tell of what is there, mostly; else it is looked at, once.

    What a service can do, and the flavors, are asked for now and then.
    """
    if shown:
        stage.show()
    action = "suspend" if kind == "racks" else "destroy"
    asked()
    stage.act(bob, kind, things[kind]["id"], action)
    found = [line for line in asked() if not NOW_AND_THEN.match(line)]
    looks = 2 if kind == "volumes" else 1  # at the snapshots, too
    assert len(found) == 1 + (0 if shown else looks), found
