"""Users, projects and roles: what the simulated OpenStack does."""

from __future__ import annotations

import pytest

from tests.contract.openstack.said import keystone_says


def create(client, noun, **fields):
    return client("POST", "identity", f"/{noun}s", json={noun: fields})


def test_a_user_is_created_changed_and_deleted(admin, connect):
    response = create(
        admin,
        "user",
        name="bob",
        domain_id="default",
        password="first",
        email="bob@example.org",
        description="He is new",
    )
    assert response.status_code == 201
    user = response.json()["user"]
    assert user["email"] == "bob@example.org"
    assert user["description"] == "He is new"
    assert user["enabled"] is True
    assert "password" not in user
    found = admin("GET", "identity", f"/users/{user['id']}").json()["user"]
    assert found["name"] == "bob"
    assert connect("bob", "first").login.status_code == 201

    path = f"/users/{user['id']}"
    response = admin(
        "PATCH", "identity", path, json={"user": {"password": "second"}}
    )
    assert response.status_code == 200
    assert "password" not in response.json()["user"]
    assert connect("bob", "first").login.status_code == 401
    bob = connect("bob", "second")
    assert bob.login.status_code == 201
    admin("PATCH", "identity", path, json={"user": {"enabled": False}})
    assert connect("bob", "second").login.status_code == 401
    response = bob("GET", "identity", path)
    assert response.status_code == 401  # his tokens are no good any more

    assert admin("DELETE", "identity", path).status_code == 204
    for method in ("GET", "DELETE"):
        response = admin(method, "identity", path)
        assert response.status_code == 404
        assert user["id"] in response.json()["error"]["message"]


def test_names_of_users_are_taken_once_in_a_domain(admin):
    first = create(admin, "user", name="bob").json()["user"]
    response = create(admin, "user", name="bob", domain_id="default")
    keystone_says(response, 409, "Conflict", "Duplicate entry found with name")
    other = create(admin, "user", name="eve").json()["user"]
    response = admin(
        "PATCH",
        "identity",
        f"/users/{other['id']}",
        json={"user": {"name": "bob"}},
    )
    keystone_says(response, 409, "Conflict", "entry found with name bob")
    response = create(admin, "user", name="eve", domain_id="nowhere")
    keystone_says(response, 404, "Not Found", "domain: nowhere")
    response = create(admin, "user", email="x@example.org")
    message = "'name' is a required property"
    keystone_says(response, 400, "Bad Request", message)
    response = create(admin, "user", name="")
    keystone_says(response, 400, "Bad Request", "'' should be non-empty")
    response = admin("POST", "identity", "/users", json={})
    message = "'user' is a required property"
    keystone_says(response, 400, "Bad Request", message)
    for query, expected in (
        ("name=bob&domain_id=default", [first["id"]]),
        ("name=bob&domain_id=nowhere", []),
        ("name=nobody", []),
    ):
        response = admin("GET", "identity", f"/users?{query}")
        assert [u["id"] for u in response.json()["users"]] == expected


def test_a_project_is_created_found_and_deleted(admin, site):
    response = create(
        admin,
        "project",
        name="CM_new",
        domain_id="default",
        description="What it is for",
    )
    assert response.status_code == 201
    project = response.json()["project"]
    assert project["parent_id"] == "default"
    assert project["description"] == "What it is for"
    response = create(admin, "project", name="CM_new")
    keystone_says(response, 409, "Conflict", "name is CM_new")
    query = "/projects?name=CM_new&domain_id=default"
    found = admin("GET", "identity", query).json()["projects"]
    assert [p["id"] for p in found] == [project["id"]]
    path = f"/projects/{project['id']}"
    child = site.add_project("below", parent_id=project["id"])
    response = admin("DELETE", "identity", path)
    keystone_says(response, 403, "Forbidden", "not a leaf")
    admin("DELETE", "identity", f"/projects/{child['id']}")
    assert admin("DELETE", "identity", path).status_code == 204
    response = admin("DELETE", "identity", path)
    keystone_says(response, 404, "Not Found", project["id"])
    assert admin("GET", "identity", query).json()["projects"] == []


@pytest.fixture
def role_id(admin):
    found = admin("GET", "identity", "/roles?name=member").json()["roles"]
    ((role_id, name),) = [(role["id"], role["name"]) for role in found]
    assert name == "member"
    return role_id


def test_a_role_is_granted_and_revoked(admin, connect, project, role_id):
    user = create(admin, "user", name="bob", password="x").json()["user"]
    path = f"/projects/{project['id']}/users/{user['id']}/roles/{role_id}"
    assert connect("bob", "x", project["id"]).login.status_code == 401
    assert admin("HEAD", "identity", path).status_code == 404
    for _ in range(2):  # again is good, too
        assert admin("PUT", "identity", path).status_code == 204
    assert admin("HEAD", "identity", path).status_code == 204
    listed = admin(
        "GET",
        "identity",
        f"/role_assignments?user.id={user['id']}"
        f"&scope.project.id={project['id']}",
    ).json()["role_assignments"]
    assert [a["role"]["id"] for a in listed] == [role_id]
    bob = connect("bob", "x", project["id"])
    assert bob.roles == {"member", "reader"}
    assert admin("DELETE", "identity", path).status_code == 204
    response = admin("DELETE", "identity", path)
    keystone_says(response, 404, "Not Found", "Could not find role assignment")
    response = bob("GET", "identity", f"/users/{user['id']}")
    assert response.status_code == 401


def test_roles_are_granted_to_who_exists_where_there_is_something(
    admin, member, project, role_id
):
    user_id = member.user["id"]
    for project_id, who, what, noun in (
        ("x", user_id, role_id, "project: x"),
        (project["id"], "x", role_id, "user: x"),
        (project["id"], user_id, "x", "role: x"),
    ):
        path = f"/projects/{project_id}/users/{who}/roles/{what}"
        response = admin("PUT", "identity", path)
        keystone_says(response, 404, "Not Found", f"Could not find {noun}")


def test_only_administrators_change_accounts(member, project, role_id):
    own = member.user["id"]
    grant = f"/projects/{project['id']}/users/{own}/roles/{role_id}"
    for method, path, action in (
        ("POST", "/users", "create_user"),
        ("PATCH", f"/users/{own}", "update_user"),
        ("DELETE", "/users/x", "delete_user"),
        ("POST", "/projects", "create_project"),
        ("DELETE", "/projects/x", "delete_project"),
        ("PUT", grant, "create_grant"),
        ("DELETE", grant, "revoke_grant"),
        ("GET", "/users?name=ada", "list_users"),
        ("GET", "/projects", "list_projects"),
        ("GET", "/role_assignments", "list_role_assignments"),
        ("GET", "/roles", "list_roles"),
        ("GET", "/users/x", "get_user"),
    ):
        noun = "project" if action.endswith("project") else "user"
        body = {noun: {"name": "x"}} if method in ("POST", "PATCH") else None
        response = member(method, "identity", path, json=body)
        keystone_says(response, 403, "Forbidden", f"identity:{action}")
    for path in (f"/users/{own}", f"/projects/{project['id']}"):
        assert member("GET", "identity", path).status_code == 200
