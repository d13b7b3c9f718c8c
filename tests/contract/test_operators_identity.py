"""What every operator promises of Keystone: see ``services.cloud.acting``."""

from __future__ import annotations

import pytest

from concertim_api.domain.errors import Conflict, NotFound

DOMAIN = "default"


@pytest.fixture
def keystone(made):
    return made.cloud.actions().identity


@pytest.fixture
def team(made):
    return made.site.add_project("CM_astro")["id"]


@pytest.fixture
def ada(made):
    return made.site.add_user("ada", email="ada@example.org")["id"]


def user(keystone, name="bob", **more):
    values = {"password": "open sesame", "email": None, "description": "d"}
    return keystone.create_user(name, domain_id=DOMAIN, **{**values, **more})


def told(sighting):
    return sighting.observation


def test_a_user_that_is_created(made, keystone):
    seen = told(user(keystone, email="bob@example.org"))
    assert seen.ref.region == "RegionOne"
    assert seen.ref.kind == "user"
    assert (seen.says, seen.source) == ("alive", "operation")
    assert seen.reported_at == made.clock.now()
    assert seen.details == {
        "name": "bob",
        "email": "bob@example.org",
        "domain_id": DOMAIN,
        "enabled": True,
        "description": "d",
    }
    (looked,) = made.cloud.look("user", seen.ref.id)
    assert told(looked).details == seen.details
    assert told(keystone.user(seen.ref.id)).details == seen.details


def test_no_sighting_holds_a_password(keystone):
    assert "sesame" not in repr(user(keystone))


def test_a_user_of_whom_little_is_told(keystone):
    seen = told(user(keystone, password=None))
    assert "email" not in seen.details


def test_names_are_taken_once(keystone):
    first = told(user(keystone))
    with pytest.raises(Conflict):
        user(keystone)
    found = keystone.find_user("bob", DOMAIN)
    assert told(found).ref == first.ref
    assert keystone.find_user("bob", "elsewhere") is None
    assert keystone.find_user("nobody", DOMAIN) is None


def test_a_user_that_is_changed(keystone, ada):
    seen = keystone.change_user(
        ada, {"email": "ada@new.example", "enabled": False, "password": "x"}
    )
    assert told(seen).details["email"] == "ada@new.example"
    assert told(seen).details["enabled"] is False
    assert told(keystone.user(ada)).details == told(seen).details


def test_a_user_that_is_deleted(made, keystone, ada):
    seen = told(keystone.delete_user(ada))
    assert (seen.ref.id, seen.says) == (ada, "absent")
    with pytest.raises(NotFound):
        keystone.user(ada)
    again = told(keystone.delete_user(ada))
    assert again.says == "absent"
    (looked,) = made.cloud.look("user", ada)
    assert told(looked).says == "absent"


def test_a_project_that_is_created(made, keystone):
    seen = told(
        keystone.create_project(
            "CM_physics", domain_id=DOMAIN, description="d", tags=["hpc"]
        )
    )
    assert (seen.ref.kind, seen.says) == ("project", "alive")
    details = {
        name: seen.details[name]
        for name in ("name", "description", "domain_id", "enabled", "tags")
    }
    assert details == {
        "name": "CM_physics",
        "description": "d",
        "domain_id": DOMAIN,
        "enabled": True,
        "tags": ["hpc"],
    }
    assert "roles" not in seen.details
    assert told(keystone.project(seen.ref.id)).details == seen.details
    found = keystone.find_project("CM_physics", DOMAIN)
    assert told(found).ref == seen.ref
    with pytest.raises(Conflict):
        keystone.create_project(
            "CM_physics", domain_id=DOMAIN, description="other"
        )


def test_a_project_that_is_deleted(made, keystone, team):
    assert told(keystone.delete_project(team)).says == "absent"
    assert told(keystone.delete_project(team)).says == "absent"
    assert keystone.find_project("CM_astro", DOMAIN) is None
    with pytest.raises(NotFound):
        keystone.project(team)


def test_roles_are_known_by_name(keystone):
    ids = keystone.role_ids()
    assert {"admin", "manager", "member", "reader"} <= set(ids)
    assert len(set(ids.values())) == len(ids)


def test_users_by_name(keystone, ada):
    found = keystone.user_ids(["ada", "nobody"], DOMAIN)
    assert found == {"ada": ada}
    assert keystone.user_ids([], DOMAIN) == {}


def test_roles_that_are_granted_and_revoked(keystone, team, ada):
    ids = keystone.role_ids()
    assert told(keystone.roles_in(team)).details == {"roles": {}}
    for _ in range(2):
        keystone.grant(team, ada, ids["member"])
    keystone.grant(team, ada, ids["manager"])
    seen = told(keystone.roles_in(team))
    assert seen.ref == ("RegionOne", "project", team)
    assert seen.details == {"roles": {ada: ["manager", "member"]}}
    keystone.revoke(team, ada, ids["manager"])
    assert told(keystone.roles_in(team)).details == {
        "roles": {ada: ["member"]}
    }
    with pytest.raises(NotFound):
        keystone.revoke(team, ada, ids["manager"])


def test_roles_are_of_one_project(made, keystone, team, ada):
    other = made.site.add_project("CM_other")["id"]
    keystone.grant(other, ada, keystone.role_ids()["member"])
    assert told(keystone.roles_in(team)).details == {"roles": {}}


def test_who_works_in_a_project(made, keystone, team, ada):
    other = made.site.add_project("CM_other")["id"]
    assert keystone.effective_roles_in(team) == {}
    keystone.grant(other, ada, keystone.role_ids()["member"])
    assert keystone.effective_roles_in(team) == {}
    (roles,) = keystone.effective_roles_in(other).values()
    assert "member" in roles
    assert keystone.projects_of(ada) == [other]


def test_who_is_gone_works_nowhere(keystone, team, ada):
    keystone.grant(team, ada, keystone.role_ids()["member"])
    keystone.delete_user(ada)
    assert list(keystone.projects_of(ada)) == []


@pytest.mark.parametrize("lacking", ["project", "user", "role"])
def test_what_is_not_there_is_granted_to_nobody(keystone, team, ada, lacking):
    ids = {"project": team, "user": ada, "role": keystone.role_ids()["member"]}
    ids[lacking] = "nothing"
    with pytest.raises(NotFound):
        keystone.grant(ids["project"], ids["user"], ids["role"])


@pytest.mark.parametrize(
    "work",
    [
        lambda keystone: keystone.user("nothing"),
        lambda keystone: keystone.project("nothing"),
        lambda keystone: keystone.change_user("nothing", {"email": "a@b"}),
    ],
)
def test_what_is_not_there(keystone, work):
    with pytest.raises(NotFound):
        work(keystone)


def test_roles_go_with_whom_they_were_of(keystone, team, ada):
    keystone.grant(team, ada, keystone.role_ids()["member"])
    keystone.delete_user(ada)
    assert told(keystone.roles_in(team)).details == {"roles": {}}
