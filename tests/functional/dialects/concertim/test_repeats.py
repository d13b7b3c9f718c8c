"""What a front end asks for again, or of what is gone already."""

from __future__ import annotations

import pytest

NOBODY = "0" * 32


def new_user(stage, **over):
    return {
        "username": "bob",
        "name": "Bob Builder",
        "email": "bob@example.org",
        "password": stage.secret(),
        **over,
    }


def test_a_sign_up_with_another_password_leaves_the_new_one(stage):
    passwords = stage.cloud.accounts.passwords
    first = stage.ask("POST", "/user", body=new_user(stage))
    changed = new_user(stage)
    again = stage.ask("POST", "/user", body=changed)
    assert again == first
    assert passwords[first["user_cloud_id"]] == changed["password"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/user", {"user_info": {"cloud_user_id": NOBODY}}),
        ("/team", {"team_info": {"project_id": NOBODY}}),
        ("/team", {"team_info": {"billing_acct_id": "a", "project_id": None}}),
    ],
)
def test_what_there_is_not_is_gone_already(stage, path, body):
    before = len(stage.operations())
    assert stage.ask("DELETE", path, body=body) == {"success": True}
    assert len(stage.operations()) == before


def test_whom_we_did_not_create_is_not_gone(stage):
    root = stage.cloud.add_user("root", stage.secret())
    body = {"user_info": {"cloud_user_id": root["id"]}}
    assert stage.refused("DELETE", "/user", 409, body=body)[0] == "Conflict"


def test_a_team_without_ids_is_not_deleted(stage):
    body = {"team_info": {"name": "bob_team", "project_id": None}}
    word, message = stage.refused("DELETE", "/team", 415, body=body)
    assert (word, "project_id" in message) == ("MissingRequiredArgs", True)


@pytest.mark.parametrize("path", ["//user", "/user//", "///user"])
def test_more_slashes_are_one(stage, path):
    assert stage.ask("POST", path, body=new_user(stage))["user_cloud_id"]
