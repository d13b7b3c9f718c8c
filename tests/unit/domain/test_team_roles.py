"""What a role in a team is in Keystone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.errors import Conflict, Invalid
from concertim_api.domain.team_roles import (
    Grant,
    TeamRoles,
    parse_grants,
    parse_roles,
)
from concertim_api.domain.view import ours
from concertim_api.domain.view.ours import Rule

DEFAULT = parse_roles({"admin": "manager/member", "member": "member"})
NEW = ("admin", "manager", "member", "reader")
OLD = ("admin", "member", "reader")

words = st.text("abc", min_size=1, max_size=3)
maps = st.dictionaries(
    words, st.lists(words, min_size=1, max_size=3), min_size=1, max_size=4
).map(TeamRoles)


def test_an_admin_of_a_team_is_a_manager():
    assert DEFAULT.in_keystone("admin", NEW) == "manager"


def test_where_there_are_no_managers_a_member():
    assert DEFAULT.in_keystone("admin", OLD) == "member"


def test_by_default_nobody_rules_the_cloud():
    for role in DEFAULT.names:
        assert DEFAULT.in_keystone(role, NEW) != "admin"


def test_a_role_that_nobody_knows():
    with pytest.raises(Invalid) as told:
        DEFAULT.in_keystone("owner", NEW, "roles")
    assert told.value.field == "roles"
    assert told.value.problem == "not one of admin, member"


def test_a_keystone_without_such_roles():
    with pytest.raises(Conflict, match="manager or member"):
        DEFAULT.in_keystone("admin", ["_member_"])


@given(maps, st.sets(words))
def test_only_what_the_map_names_is_granted(roles, keystone):
    for role in roles.names:
        try:
            name = roles.in_keystone(role, keystone)
        except Conflict:
            assert not keystone & set(roles.names[role])
            continue
        assert name in keystone & set(roles.names[role])
        assert roles.mapped([name]) == {name}


@given(maps, st.sets(words))
def test_only_what_the_map_names_is_ours(roles, keystone):
    named = {name for names in roles.names.values() for name in names}
    assert roles.mapped(keystone) == keystone & named


@given(maps, st.sets(words))
def test_who_is_shown_a_role_has_one_of_its_names(roles, keystone):
    role = roles.role_of(keystone)
    if role is None:
        assert not roles.mapped(keystone)
    else:
        assert keystone & set(roles.names[role])


@pytest.mark.parametrize(
    ("keystone", "role"),
    [
        (["manager", "member", "reader"], "admin"),
        (["manager"], "admin"),
        (["member"], "member"),
        (["reader"], None),
        (["admin"], None),
        ([], None),
    ],
)
def test_what_somebody_is(keystone, role):
    assert DEFAULT.role_of(keystone) == role


@pytest.mark.parametrize(
    "texts",
    [{}, {"": "member"}, {"admin": ""}, {"admin": "manager/"}, {"a": "/b"}],
)
def test_malformed_maps(texts):
    with pytest.raises(ValueError, match=r"role|name"):
        parse_roles(texts)


def test_grants():
    assert parse_grants(["concertim:reader", "a:b : c "]) == (
        Grant("concertim", "reader"),
        Grant("a:b", "c"),
    )


@pytest.mark.parametrize("text", ["", "concertim", "concertim:", ":reader"])
def test_malformed_grants(text):
    with pytest.raises(ValueError, match="user:role"):
        parse_grants([text])


@pytest.mark.parametrize(
    ("rules", "tags"),
    [
        ([Rule("all")], ()),
        ([Rule("prefix", "CM_")], ()),
        ([Rule("domain", "d")], ()),
        ([Rule("tag", "hpc"), Rule("prefix", "CM_")], ()),
        ([Rule("prefix", "X_"), Rule("tag", "hpc")], ("hpc",)),
        ([Rule("prefix", "X_")], None),
        ([Rule("id", "p1")], None),
        ([], None),
    ],
)
def test_what_makes_a_new_project_ours(rules, tags):
    assert ours.tags_for("CM_physics", "d", rules) == tags
    if tags is not None:
        details = {"name": "CM_physics", "domain_id": "d", "tags": tags}
        assert ours.matches("new", details, rules)
