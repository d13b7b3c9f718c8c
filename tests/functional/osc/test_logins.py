"""The ways to say who one is."""

from .conftest import MATHS, PHYSICS


def test_a_key_of_an_administrator(with_key):
    openstack = with_key("boss", ["admin"])
    rows = openstack.json("period", "list", "--kind", "instance")
    assert {p["project_id"] for p in rows} == {PHYSICS, MATHS}
    rows = openstack.json("resource", "list", "--project", "maths")
    assert {r["project"] for r in rows} == {"maths"}


def test_a_key_of_a_project(with_key):
    openstack = with_key("physicist", ["reader"], PHYSICS)
    rows = openstack.json("period", "list", "--all-projects")
    assert {p["project_id"] for p in rows} == {PHYSICS}
    answer = openstack("resource", "show", "id-of-solver")
    assert answer.status == 1
    assert "HTTP 404" in answer.err
    answer = openstack("dead", "letter", "list")
    assert answer.status == 1
    assert "HTTP 403" in answer.err


def test_a_key_of_nobody(with_key):
    answer = with_key.with_token("guess")("region", "list")
    assert answer.status == 1
    assert "(HTTP 401, request req-" in answer.err


def test_keystone_has_the_endpoint_and_the_names(with_keystone):
    rows = with_keystone.json("period", "list", "--kind", "instance")
    assert {p["project"] for p in rows} == {"Physics of Keystone"}
    rows = with_keystone.json(
        "period", "list", "--kind", "instance", "--all-projects"
    )
    assert {p["project"] for p in rows} == {"Physics of Keystone", "Maths"}
    rows = with_keystone.json("resource", "list", "--project", "Maths")
    assert {r["project_id"] for r in rows} == {MATHS}


def test_a_region_that_is_not_in_the_catalog(with_keystone):
    answer = with_keystone("region", "list", OS_REGION_NAME="nowhere")
    assert answer.status == 1
    assert "concertim service in nowhere region not found" in answer.err


def test_a_version_of_another_time(with_keystone):
    answer = with_keystone("region", "list", OS_CONCERTIM_API_VERSION="1.999")
    assert answer.status == 1
    assert "HTTP 406" in answer.err
