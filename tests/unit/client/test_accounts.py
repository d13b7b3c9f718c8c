"""The requests for users and teams."""

import logging

import pytest
from requests.exceptions import ConnectTimeout
from requests_mock import ANY

from concertim_api.client import errors

API = "http://concertim.test/usage/v1"
USER = {"id": "u1", "name": "ada"}
TEAM = {"id": "p1", "name": "CM_physics"}
SECRET = "Tr0ub4dor-and-3"


def test_a_new_user(concertim, requests_mock):
    requests_mock.post(f"{API}/users", json=USER, status_code=201)
    assert concertim.users.create("ada") == USER
    assert requests_mock.last_request.json() == {"name": "ada"}
    concertim.users.create(
        "ada", email="a@b", password=SECRET, description="d", region="one"
    )
    assert requests_mock.last_request.json() == {
        "name": "ada",
        "email": "a@b",
        "password": SECRET,
        "description": "d",
        "region": "one",
    }


def test_a_user_that_is_changed(concertim, requests_mock):
    requests_mock.patch(f"{API}/users/u%2F1", json=USER)
    assert concertim.users.update("u/1", enabled=False, region="one") == USER
    assert requests_mock.last_request.json() == {"enabled": False}
    assert requests_mock.last_request.qs == {"region": ["one"]}


def test_a_password_is_in_no_log(concertim, requests_mock, caplog):
    """``openstack --debug`` shows all that keystoneauth logs."""
    caplog.set_level(logging.DEBUG)
    # Whatever the log of a daemon in another test made of it.
    caplog.set_level(logging.DEBUG, logger="keystoneauth")
    requests_mock.post(f"{API}/users", json=USER, status_code=201)
    requests_mock.patch(f"{API}/users/u1", json=USER)
    concertim.users.create("ada")
    assert '{"name": "ada"}' in caplog.text
    concertim.users.create("ada", password=SECRET)
    concertim.users.update("u1", password=SECRET)
    assert requests_mock.last_request.json() == {"password": SECRET}
    assert SECRET not in caplog.text


def test_nothing_that_changes_is_sent_twice(concertim, requests_mock, naps):
    for method in ("POST", "PATCH", "DELETE"):
        requests_mock.register_uri(method, ANY, exc=ConnectTimeout)
    for work in (
        lambda: concertim.users.create("ada"),
        lambda: concertim.users.update("u1", enabled=True),
        lambda: concertim.teams.delete("p1"),
    ):
        with pytest.raises(errors.Unreachable):
            work()
    assert requests_mock.call_count == 3
    assert naps == []


def test_a_new_team(concertim, requests_mock):
    requests_mock.post(f"{API}/teams", json=TEAM, status_code=201)
    assert concertim.teams.create("CM_physics") == TEAM
    assert requests_mock.last_request.json() == {"name": "CM_physics"}
    concertim.teams.create("CM_physics", roles=[("u1", "admin")])
    assert requests_mock.last_request.json() == {
        "name": "CM_physics",
        "roles": [{"user_id": "u1", "role": "admin"}],
    }


def test_a_team_goes(concertim, requests_mock):
    requests_mock.delete(f"{API}/teams/p1", status_code=204)
    assert concertim.teams.delete("p1") is None
    assert requests_mock.last_request.qs == {}
    operation = {"id": "o1", "state": "accepted"}
    requests_mock.delete(f"{API}/teams/p1", json=operation, status_code=202)
    assert concertim.teams.purge("p1", region="one") == operation
    arguments = {"purge": ["true"], "region": ["one"]}
    assert requests_mock.last_request.qs == arguments


def test_a_user_goes(concertim, requests_mock):
    requests_mock.delete(f"{API}/users/u1", status_code=204)
    assert concertim.users.delete("u1") is None
    assert requests_mock.call_count == 1


def test_roles(concertim, requests_mock):
    role = {"user_id": "u1", "user": "ada", "role": "admin", "roles": ["x"]}
    requests_mock.get(f"{API}/teams/p1/roles", json={"roles": [role]})
    assert concertim.teams.roles("p1") == [role]
    requests_mock.post(f"{API}/teams/p1/roles", json=role)
    assert concertim.teams.set_role("p1", "u1", "admin") == role
    body = {"user_id": "u1", "role": "admin"}
    assert requests_mock.last_request.json() == body
    requests_mock.delete(f"{API}/teams/p1/roles", status_code=204)
    assert concertim.teams.unset_role("p1", "u1") is None
    assert requests_mock.last_request.qs == {"user_id": ["u1"]}
    concertim.teams.unset_role("p1", "u1", "admin")
    assert requests_mock.last_request.qs["role"] == ["admin"]
