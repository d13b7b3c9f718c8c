"""Which projects are ours, by the rules of an operator."""

from __future__ import annotations

import pytest

from concertim_api.domain.view import ours
from concertim_api.domain.view.ours import Rule, parse_rule

ID = "0c6f7b3e"
PROJECT = {
    "name": "CM_team",
    "domain_id": "default",
    "tags": ["hpc", "eu"],
    "enabled": True,
}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("all", Rule("all")),
        ("prefix:CM_", Rule("prefix", "CM_")),
        (" tag : hpc ", Rule("tag", "hpc")),
        ("domain:default", Rule("domain", "default")),
        ("id:0c6f7b3e", Rule("id", "0c6f7b3e")),
        ("prefix:a:b", Rule("prefix", "a:b")),
    ],
)
def test_a_rule(text, rule):
    assert parse_rule(text) == rule
    assert parse_rule(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "'' is none of all, prefix, tag, domain, id"),
        ("CM_", "'CM_' is none of"),
        ("name:x", "'name:x': 'name' is none of"),
        ("prefix", "a value must follow 'prefix:'"),
        ("tag: ", "'tag: ': a value must follow 'tag:'"),
        ("all:of it", "nothing may follow 'all'"),
    ],
)
def test_a_rule_that_means_nothing(text, problem):
    with pytest.raises(ValueError, match=problem):
        parse_rule(text)


def is_ours(*rules, **changes):
    parsed = [parse_rule(rule) for rule in rules]
    return ours.matches(ID, PROJECT | changes, parsed)


@pytest.mark.parametrize(
    "rule",
    [
        "all",
        "prefix:CM_",
        "prefix:CM_team",
        "tag:hpc",
        "tag:eu",
        "domain:default",
        f"id:{ID}",
    ],
)
def test_it_is_ours(rule):
    assert is_ours(rule)
    assert is_ours("id:another", rule)
    assert is_ours(rule, enabled=False)


@pytest.mark.parametrize(
    "rule",
    [
        "prefix:M_",
        "prefix:cm_",
        "prefix:CM_teams",
        "tag:hp",
        "tag:HPC",
        "domain:other",
        "id:CM_team",
    ],
)
def test_it_is_not(rule):
    assert not is_ours(rule)


def test_no_rule_no_project():
    assert not is_ours()


@pytest.mark.parametrize("junk", [None, 7, "hpc", {"hpc": 1}])
def test_junk_in_a_project_is_no_reason(junk):
    assert not is_ours("tag:hpc", tags=junk)
    assert not is_ours("prefix:C", name=None)
    assert is_ours("all", name=junk, tags=junk)


def test_by_default_all_projects_are_ours():
    assert str(ours.DEFAULT) == "all"
    assert ours.matches(ID, {"name": "not CM_"}, [ours.DEFAULT])


def test_the_prefix_begins_the_name():
    rule = ours.parse_rule("prefix:CM_")
    assert ours.matches(ID, {"name": "CM_team"}, [rule])
    assert not ours.matches(ID, {"name": "not CM_"}, [rule])
