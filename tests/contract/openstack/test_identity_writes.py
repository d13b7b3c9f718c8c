"""Tokens of Keystone: what the simulated OpenStack does when it is told to."""

from __future__ import annotations

import requests

from tests.contract.openstack.said import keystone_says


def test_a_token_says_who_and_where(member, project):
    assert member.login.status_code == 201
    token = member.login.json()["token"]
    assert token["user"]["name"] == "ada"
    assert token["project"]["id"] == project["id"]
    assert member.roles == {"member", "reader"}


def test_a_token_tells_of_itself_and_of_others_to_administrators(
    member, admin
):
    for client in (member, admin):
        response = client(
            "GET",
            "identity",
            "/auth/tokens",
            headers={"X-Subject-Token": member.token},
        )
        assert response.status_code == 200
        assert response.headers["X-Subject-Token"] == member.token
        assert response.json() == member.login.json()
    response = member(
        "GET",
        "identity",
        "/auth/tokens",
        headers={"X-Subject-Token": admin.token},
    )
    keystone_says(response, 403, "Forbidden", "identity:validate_token")
    response = admin(
        "GET",
        "identity",
        "/auth/tokens",
        headers={"X-Subject-Token": "nonsense"},
    )
    keystone_says(response, 404, "Not Found", "Could not recognize")
    response = admin("GET", "identity", "/auth/tokens")
    keystone_says(response, 404, "Not Found", "No token in the request")
    response = admin(
        "DELETE",
        "identity",
        "/auth/tokens",
        headers={"X-Subject-Token": member.token},
    )
    assert response.status_code == 204
    response = member("GET", "identity", f"/users/{member.user['id']}")
    assert response.status_code == 401
    assert "Keystone uri=" in response.headers["WWW-Authenticate"]


def test_a_catalog_has_the_endpoints_of_the_project(member, project):
    for service in ("block-storage", "orchestration"):
        assert member.endpoints[service].endswith(project["id"])


def test_what_is_no_login_is_told(member):
    url = f"{member.auth_url}/auth/tokens"
    auth = {
        "identity": {
            "methods": ["password"],
            "password": {
                "user": {"id": member.user["id"], "password": "ada's own"}
            },
        },
        "scope": None,
    }
    for body, message in (
        ({}, "Expecting to find auth in request body"),
        ({"auth": auth}, "Invalid input for field 'scope': None is not"),
    ):
        response = requests.post(url, json=body, timeout=10)
        keystone_says(response, 400, "Bad Request", message)


def test_a_token_may_be_had_by_the_id_of_a_user_and_by_a_token(
    member, project
):
    url = f"{member.auth_url}/auth/tokens"
    for identity in (
        {
            "methods": ["password"],
            "password": {
                "user": {"id": member.user["id"], "password": "ada's own"}
            },
        },
        {"methods": ["token"], "token": {"id": member.token}},
    ):
        scope = {
            "project": {
                "name": project["name"],
                "domain": {"name": "Default"},
            }
        }
        response = requests.post(
            url,
            json={"auth": {"identity": identity, "scope": scope}},
            timeout=10,
        )
        assert response.status_code == 201
        token = response.json()["token"]
        assert token["user"]["id"] == member.user["id"]
        assert token["project"]["id"] == project["id"]


def test_who_does_not_know_the_password_is_nobody(
    connect, member, project, site
):
    elsewhere = site.add_project("elsewhere")
    for name, password, project_id in (
        ("ada", "wrong", project["id"]),
        ("nobody", "ada's own", project["id"]),
        ("ada", "ada's own", elsewhere["id"]),
        ("ada", "ada's own", "no such project"),
    ):
        login = connect(name, password, project_id).login
        keystone_says(login, 401, "Unauthorized", "requires authentication")
        assert "X-Subject-Token" not in login.headers


def test_an_unscoped_token_has_no_roles_and_no_catalog(connect, member):
    login = connect("ada", "ada's own").login
    assert login.status_code == 201
    assert (
        login.json()["token"]
        .keys()
        .isdisjoint({"project", "roles", "catalog"})
    )


def test_without_a_token_nothing_goes(member):
    member.token = "nonsense"
    response = member("DELETE", "compute", "/servers/x")
    keystone_says(response, 401, "Unauthorized", "requires authentication")
