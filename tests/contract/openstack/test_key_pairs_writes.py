"""Key pairs: what the simulated OpenStack does when it is told to."""

from __future__ import annotations

import pytest

from tests.contract.openstack.said import COMPUTE, nova_says

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1PcvGAfM8ZmB4O5Wqr ada"


def make_key(client, version=COMPUTE, **fields):
    return client(
        "POST", "compute", "/os-keypairs", version, json={"keypair": fields}
    )


def keys(client, version=COMPUTE, query=""):
    path = f"/os-keypairs{query}"
    return client("GET", "compute", path, version).json()


def test_nova_makes_keys_as_long_as_it_may(member):
    response = make_key(member, name="mine", type="ssh")
    assert response.status_code == 201
    pair = response.json()["keypair"]
    assert pair["name"] == "mine"
    assert pair["user_id"] == member.user["id"]
    assert "PRIVATE KEY" in pair["private_key"]
    assert pair["public_key"].startswith("ssh-rsa ")
    assert len(pair["fingerprint"].split(":")) == 16
    (listed,) = keys(member)["keypairs"]
    assert listed["keypair"].keys() == {
        "name",
        "type",
        "public_key",
        "fingerprint",
    }
    one = member("GET", "compute", "/os-keypairs/mine", COMPUTE).json()
    assert "private_key" not in one["keypair"]
    assert one["keypair"]["type"] == "ssh"
    response = make_key(member, "2.92", name="other")
    nova_says(response, 400, "badRequest", "'public_key' is a required")
    response = make_key(member, "2.92", name="other", public_key=PUBLIC_KEY)
    assert response.status_code == 201


def test_types_of_keys_came_with_a_microversion(member):
    response = make_key(member, "2.1", name="old")
    assert response.status_code == 200
    assert "type" not in response.json()["keypair"]
    response = make_key(member, "2.1", name="new", type="ssh")
    nova_says(response, 400, "badRequest", "'type' was unexpected")
    (listed,) = keys(member, "2.1")["keypairs"]
    assert "type" not in listed["keypair"]
    for version, status in (("2.1", 202), ("2.2", 204)):
        make_key(member, name="gone")
        path = "/os-keypairs/gone"
        response = member("DELETE", "compute", path, version)
        assert response.status_code == status


def test_a_key_is_imported_once_and_deleted(member):
    response = make_key(member, name="mine", public_key=PUBLIC_KEY)
    assert response.status_code == 201
    assert "private_key" not in response.json()["keypair"]
    response = make_key(member, name="mine", public_key=PUBLIC_KEY)
    message = "Key pair 'mine' already exists."
    nova_says(response, 409, "conflictingRequest", message)
    path = "/os-keypairs/mine"
    assert member("DELETE", "compute", path, COMPUTE).status_code == 204
    response = member("DELETE", "compute", path, COMPUTE)
    nova_says(response, 404, "itemNotFound", "Keypair mine not found for user")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "bad", "public_key": "nonsense"}, "Keypair data is invalid"),
        ({"name": "a/b"}, "field/attribute name"),
        ({"name": "bad", "type": "gpg"}, "'gpg' is not one of"),
        ({"public_key": PUBLIC_KEY}, "'name' is a required property"),
    ],
)
def test_what_is_no_key_is_refused(member, fields, message):
    response = make_key(member, **fields)
    nova_says(response, 400, "badRequest", message)
    assert keys(member)["keypairs"] == []


def test_a_user_has_his_own_keys(member, somebody, site, admin):
    stranger = somebody("member", "eve", site.add_project("elsewhere"))
    for client in (member, stranger):
        make_key(client, name="same", public_key=PUBLIC_KEY)
    path = "/os-keypairs/same"
    assert stranger("DELETE", "compute", path, COMPUTE).status_code == 204
    assert len(keys(member)["keypairs"]) == 1
    query = f"?user_id={member.user['id']}"
    assert len(keys(admin, query=query)["keypairs"]) == 1
    assert keys(admin)["keypairs"] == []
    response = stranger("GET", "compute", f"/os-keypairs{query}", COMPUTE)
    nova_says(response, 403, "forbidden", "os-keypairs:index")


def test_keys_come_in_pages(member):
    names = [f"key-{number}" for number in range(5)]
    for name in reversed(names):
        make_key(member, name=name, public_key=PUBLIC_KEY)
    found, query = [], "?limit=2"
    while query:
        page = keys(member, query=query)
        found += [pair["keypair"]["name"] for pair in page["keypairs"]]
        (link,) = page.get("keypairs_links") or [None]
        query = link and "?" + link["href"].partition("?")[2]
    assert found == names
    assert len(keys(member, "2.34", "?limit=2")["keypairs"]) == 5
    path = "/os-keypairs?marker=nonsense"
    response = member("GET", "compute", path, COMPUTE)
    nova_says(response, 400, "badRequest", "Marker nonsense could not be")
