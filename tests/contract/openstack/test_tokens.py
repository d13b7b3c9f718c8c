"""Tokens of Keystone: what the simulated OpenStack does when it is told to."""

from __future__ import annotations

import pytest
import requests

from tests.contract.openstack.said import refusal

NOBODY = "401 Unauthorized: The request you have made requires authentication"


def login_by_id(member):
    user = {"id": member.user["id"], "password": "ada's own"}
    return {"methods": ["password"], "password": {"user": user}}


def login_by_token(member):
    return {"methods": ["token"], "token": {"id": member.token}}


@pytest.fixture
def token(member):
    """Ask about a token, or end it."""

    def ask(client, token, method="GET"):
        headers = {"X-Subject-Token": token} if token else {}
        return client(method, "identity", "/auth/tokens", headers=headers)

    return ask


def test_a_token_says_who_and_where(member, project):
    assert member.login.status_code == 201
    token = member.login.json()["token"]
    assert token["user"]["name"] == "ada"
    assert token["project"]["id"] == project["id"]
    assert member.roles == {"member", "reader"}
    for service in ("block-storage", "orchestration"):
        assert member.endpoints[service].endswith(project["id"])


def test_a_token_tells_of_itself_and_of_others_to_administrators(
    member, admin, token
):
    for client in (member, admin):
        response = token(client, member.token)
        assert response.status_code == 200
        assert response.headers["X-Subject-Token"] == member.token
        assert response.json() == member.login.json()
    for client, subject, answer in (
        (member, admin.token, "403 Forbidden: You are not authorized"),
        (admin, "nonsense", "404 Not Found: Could not recognize"),
        (admin, None, "404 Not Found: No token in the request"),
    ):
        assert refusal(token(client, subject)).startswith(answer)
    assert token(admin, member.token, "DELETE").status_code == 204
    response = member("GET", "identity", f"/users/{member.user['id']}")
    assert refusal(response).startswith(NOBODY)
    assert "Keystone uri=" in response.headers["WWW-Authenticate"]


def test_what_is_no_login_is_told(member):
    url = f"{member.auth_url}/auth/tokens"
    response = requests.post(url, json={}, timeout=10)
    assert "find auth in request body" in refusal(response)
    auth = {"identity": login_by_id(member), "scope": None}
    assert refusal(member.log_in(auth)).startswith(
        "400 Bad Request: Invalid input for field 'scope': None is not"
    )


@pytest.mark.parametrize("login", [login_by_id, login_by_token])
def test_a_token_may_be_had_by_the_id_of_a_user_and_by_a_token(
    member, project, login
):
    where = {"name": project["name"], "domain": {"name": "Default"}}
    auth = {"identity": login(member), "scope": {"project": where}}
    token = member.log_in(auth).json()["token"]
    assert token["user"]["id"] == member.user["id"]
    assert token["project"]["id"] == project["id"]


@pytest.mark.parametrize(
    ("name", "password", "place"),
    [
        ("ada", "wrong", "project"),
        ("nobody", "ada's own", "project"),
        ("ada", "ada's own", "elsewhere"),
        ("ada", "ada's own", "no such project"),
    ],
)
def test_who_does_not_know_the_password_or_the_place_is_nobody(
    connect, member, project, site, name, password, place
):
    elsewhere = site.add_project("elsewhere")
    ids = {"project": project["id"], "elsewhere": elsewhere["id"]}
    login = connect(name, password, ids.get(place, place)).login
    assert refusal(login).startswith(NOBODY)
    assert "X-Subject-Token" not in login.headers


def test_an_unscoped_token_has_no_roles_and_no_catalog(connect, member):
    login = connect("ada", "ada's own").login
    assert login.status_code == 201
    fields = login.json()["token"].keys()
    assert fields.isdisjoint({"project", "roles", "catalog"})


def test_without_a_token_nothing_goes(member):
    member.token = "nonsense"
    response = member("DELETE", "compute", "/servers/x")
    assert refusal(response).startswith(NOBODY)


def test_passwords_count_as_long_as_they_are_not_changed(admin, connect):
    """Neither does a token, once its user is disabled."""
    user = {"name": "bob", "password": "first"}
    response = admin("POST", "identity", "/users", json={"user": user})
    assert response.status_code == 201
    assert "password" not in response.json()["user"]
    path = f"/users/{response.json()['user']['id']}"
    assert connect("bob", "first").login.status_code == 201
    change = {"user": {"password": "second"}}
    response = admin("PATCH", "identity", path, json=change)
    assert response.status_code == 200
    assert "password" not in response.json()["user"]
    assert connect("bob", "first").login.status_code == 401
    bob = connect("bob", "second")
    assert bob.login.status_code == 201
    admin("PATCH", "identity", path, json={"user": {"enabled": False}})
    assert connect("bob", "second").login.status_code == 401
    assert bob("GET", "identity", path).status_code == 401


def test_a_role_lets_in_as_long_as_it_is_granted(admin, connect, project):
    user = {"name": "bob", "password": "x"}
    response = admin("POST", "identity", "/users", json={"user": user})
    user = response.json()["user"]
    response = admin("GET", "identity", "/roles?name=member")
    (role,) = response.json()["roles"]
    path = f"/projects/{project['id']}/users/{user['id']}/roles/{role['id']}"
    assert connect("bob", "x", project["id"]).login.status_code == 401
    assert admin("HEAD", "identity", path).status_code == 404
    for _ in range(2):  # again is good, too
        assert admin("PUT", "identity", path).status_code == 204
    assert admin("HEAD", "identity", path).status_code == 204
    bob = connect("bob", "x", project["id"])
    assert bob.roles == {"member", "reader"}
    assert admin("DELETE", "identity", path).status_code == 204
    response = bob("GET", "identity", f"/users/{user['id']}")
    assert response.status_code == 401
