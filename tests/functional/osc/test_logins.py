"""The ways to say who one is."""

from .conftest import MATHS, PHYSICS


def test_a_key_of_an_administrator(with_key):
    openstack = with_key("boss", ["admin"])
    found = openstack.json("period", "list", "--kind", "instance")
    assert {p["project_id"] for p in found} == {PHYSICS, MATHS}
    found = openstack.json("resource", "list", "--project", "maths")
    assert {r["project"] for r in found} == {"maths"}


def test_a_key_of_a_project(with_key):
    openstack = with_key("physicist", ["reader"], PHYSICS)
    found = openstack.json("period", "list", "--all-projects")
    assert {p["project_id"] for p in found} == {PHYSICS}
    refused = openstack("resource", "show", "id-of-solver")
    assert refused.status == 1
    assert "HTTP 404" in refused.err
    refused = openstack("dead", "letter", "list")
    assert refused.status == 1
    assert "HTTP 403" in refused.err


def test_a_key_of_nobody(with_key):
    refused = with_key.with_token("guess")("region", "list")
    assert refused.status == 1
    assert "(HTTP 401, request req-" in refused.err


def test_keystone_has_the_endpoint_and_the_names(with_keystone):
    found = with_keystone.json("period", "list", "--kind", "instance")
    assert {p["project"] for p in found} == {"Physics of Keystone"}
    found = with_keystone.json(
        "period", "list", "--kind", "instance", "--all-projects"
    )
    assert {p["project"] for p in found} == {"Physics of Keystone", "Maths"}
    found = with_keystone.json("resource", "list", "--project", "Maths")
    assert {r["project_id"] for r in found} == {MATHS}


def test_a_region_that_is_not_in_the_catalog(with_keystone):
    refused = with_keystone("region", "list", OS_REGION_NAME="nowhere")
    assert refused.status == 1
    assert "concertim service in nowhere region not found" in refused.err


def test_a_version_of_another_time(with_keystone):
    refused = with_keystone("region", "list", OS_CONCERTIM_API_VERSION="1.999")
    assert refused.status == 1
    assert "HTTP 406" in refused.err
