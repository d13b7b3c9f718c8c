"""Users: created, changed and deleted, once, whatever goes wrong."""

from __future__ import annotations

import json

import pytest

from concertim_api.domain.errors import (
    CloudRefused,
    Conflict,
    Invalid,
    NotFound,
    Unavailable,
)

from .conftest import ADMIN

SECRET = "Tr0ub4dor-and-3"


def create(world, name="ada", **more):
    more.setdefault("email", "ada@example.org")
    return world.users.create(ADMIN, name, password=SECRET, **more)


def test_one_request_creates_a_user(world):
    ada = create(world)
    assert world.requests() == ["POST /identity/v3/users"]
    user = world.site.users[ada.id]
    assert user["description"] == "Concertim Managed User"
    assert (user["name"], user["email"]) == ("ada", "ada@example.org")
    assert user["domain_id"] == "default"
    assert world.simulator.accounts.passwords[ada.id] == SECRET
    assert (ada.region, ada.name, ada.email) == (
        *("RegionOne", "ada", "ada@example.org"),
    )
    assert ada.enabled


def test_two_requests_if_it_was_created_before(world):
    ada = create(world)
    world.requests()
    again = world.users.create(ADMIN, "ada", password="another one")
    assert again.id == ada.id
    assert len(world.requests()) == 2
    assert world.simulator.accounts.passwords[ada.id] == SECRET
    assert again.email == "ada@example.org"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ada", "a user ada whom we did not create"),
        ("ADA", "a user ADA, and takes ada for the same"),
    ],
)
def test_a_name_that_is_somebody_elses(world, name, reason):
    theirs = world.simulator.add_user(name, "their own", description="x")
    if name != "ada":  # as Keystone finds them, on MariaDB
        theirs["description"] = "Concertim Managed User"
        world.simulator.fault(
            "POST /identity/v3/users", status=409, body={"error": {}}
        )
        world.simulator.fault(
            r"GET /identity/v3/users\?name=ada",
            edit=lambda body: {**body, "users": [theirs]},
        )
    with pytest.raises(Conflict, match=reason):
        create(world)
    assert world.simulator.accounts.passwords[theirs["id"]] == "their own"
    (operation,) = world.operations()
    assert operation.state == "failed"
    assert reason in operation.error


@pytest.mark.parametrize(
    "fault", [{"drop": True}, {"status": 504, "worked": True}]
)
def test_a_repetition_after_a_time_out(world, fault):
    """Keystone did it, and nobody heard of it."""
    world.simulator.fault("POST /identity/v3/users", times=1, **fault)
    with pytest.raises(Unavailable):
        create(world)
    assert len(world.site.users) == 1
    ada = create(world)
    assert [*world.site.users] == [ada.id]
    assert [o.state for o in world.operations()] == ["unsure", "done"]


@pytest.mark.parametrize(
    ("status", "error", "state"),
    [(403, CloudRefused, "failed"), (500, Unavailable, "unsure")],
)
def test_what_keystone_answers(world, status, error, state):
    world.simulator.fault("POST /identity/v3/users", status=status, times=1)
    with pytest.raises(error):
        create(world)
    assert not world.site.users
    (operation,) = world.operations()
    assert operation.state == state
    assert create(world).id in world.site.users


@pytest.mark.parametrize("secret", [SECRET, 'quo"ted\\d', "zwölf Käse\n!"])
def test_what_keystone_says_of_a_password_is_not_repeated(world, secret):
    message = f"The password {secret!r} is too short, {json.dumps(secret)}."
    body = {"error": {"message": message, "code": 400, "title": "Bad Request"}}
    world.simulator.fault("/v3/users", status=400, body=body)
    with pytest.raises(Invalid) as error:
        world.users.create(ADMIN, "ada", password=secret)
    assert error.value.field == "password"
    for text in (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]):
        assert text not in str(error.value)
        assert text not in repr(world.operations())


def test_a_change_is_one_request(world):
    ada = create(world)
    world.requests()
    changed = world.users.change(
        ADMIN, ada.id, {"email": "new@example.org", "enabled": False}
    )
    assert world.requests() == [f"PATCH /identity/v3/users/{ada.id}"]
    assert (changed.email, changed.enabled) == ("new@example.org", False)
    assert world.site.users[ada.id]["enabled"] is False
    assert '"new@example.org"' in world.resource("user", ada.id).details
    assert world.operations()[-1].arguments == {
        "changed": ["email", "enabled"],
        "email": "new@example.org",
        "enabled": False,
    }


def test_nothing_to_change(world):
    ada = create(world)
    with pytest.raises(Invalid):
        world.users.change(ADMIN, ada.id, {})


def test_who_is_unknown_to_us_is_asked_for(world):
    """Made by today's service, and never listed."""
    bob = world.site.add_user("bob", description="Concertim Managed User")
    world.users.change(ADMIN, bob["id"], {"email": "bob@example.org"})
    assert len(world.requests()) == 2
    assert bob["email"] == "bob@example.org"


@pytest.mark.parametrize("recorded", [False, True])
def test_nobody_else_is_changed_or_deleted(world, recorded):
    root = world.site.add_user("root", description="of the cloud")
    if recorded:
        world.look("user", root["id"])
    with pytest.raises(Conflict, match="nobody whom we created"):
        world.users.change(ADMIN, root["id"], {"password": "mine"})
    with pytest.raises(Conflict, match="nobody whom we created"):
        world.users.delete(ADMIN, root["id"])
    assert root["id"] in world.site.users
    assert root["id"] not in world.simulator.accounts.passwords


def test_a_user_goes_for_good(world):
    ada = create(world)
    world.requests()
    world.users.delete(ADMIN, ada.id)
    first, *lines = world.requests()
    assert first.startswith("GET /identity/v3/role_assignments?user.id=")
    assert lines == [f"DELETE /identity/v3/users/{ada.id}"]
    assert not world.site.users
    assert world.resource("user", ada.id).ended
    world.users.delete(ADMIN, ada.id)  # again: it is so
    with pytest.raises(NotFound, match=f"User {ada.id} not found"):
        world.users.change(ADMIN, ada.id, {"enabled": False})


def test_a_deletion_whose_answer_is_lost(world):
    ada = create(world)
    world.simulator.fault(f"DELETE .*/{ada.id}", drop=True, times=1)
    world.users.delete(ADMIN, ada.id)
    assert not world.site.users
    assert world.operations()[-1].state == "done"
