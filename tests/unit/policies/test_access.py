"""The rules allow what tests/access.py says, and nothing else."""

import dataclasses as dc
from typing import get_args

import pytest
from oslo_context import context as oslo_context
from oslo_policy import policy

from concertim_api.policies import base
from tests import access
from tests.unit.policies.test_policies import (
    ROUTES,
    RULES,
    UNROUTED,
    enforcing,
)

NAMES = {rule.name for rule in RULES}

#: persona -> what Keystone tells of one; as strict a one as there can be
TOLD = {
    "admin": (["admin", "manager", "member", "reader"], "project_id"),
    "manager": (["manager", "member", "reader"], "project_id"),
    "member": (["member", "reader"], "project_id"),
    "reader": (["reader"], "project_id"),
    "service": (["service"], "project_id"),
    "other role": (["heat_stack_owner"], "project_id"),
    "unscoped": ([], None),
    "domain": (["admin", "manager", "member", "reader"], "domain_id"),
    "system": (["admin", "manager", "member", "reader"], "system_scope"),
}

SAID = [
    (route, persona, level[persona])
    for route in ROUTES
    for level in [access.ROUTES.get(str(route), {})]
    for persona in level
]


def test_every_route_is_there_and_no_other():
    unrouted = {" ".join(place) for place in UNROUTED}
    assert set(access.ROUTES) == {str(route) for route in ROUTES} | unrouted
    assert list(access.ROUTES) == sorted(access.ROUTES, key=_place)


def _place(text):
    """By path; of one path, reading comes first."""
    method, path = text.split()
    return path, ("GET", "POST", "PATCH", "DELETE").index(method)


@pytest.mark.parametrize("route", access.ROUTES)
def test_every_persona_has_an_answer_that_is_explained(route):
    level = access.ROUTES[route]
    assert set(level) == set(access.PERSONAS)
    assert set(level.values()) <= set(access.ANSWERS)


def test_every_persona_and_every_answer_is_explained():
    assert tuple(access.PERSONAS) == get_args(access.Persona)
    assert tuple(access.ANSWERS) == get_args(access.Answer)
    assert set(access.ANSWERS) == {answer for _, _, answer in SAID}
    assert set(TOLD) == set(access.PERSONAS) - {"no token"}


@dc.dataclass
class Allowed:
    """What the rules say: pass, and pass for every project."""

    here: bool
    everywhere: bool | None

    def means(self, answer):
        if answer in ("own", "public"):
            return self.here and self.everywhere is False
        if answer == "all":
            return self.here and self.everywhere in (True, None)
        if answer == "yes":
            return self.here and self.everywhere is None
        assert answer == "403"
        return not self.here and not self.everywhere


def allowed(enforcer, route, persona):
    """Return what the rules of a route let somebody do."""
    roles, scope = TOLD[persona]
    who = oslo_context.RequestContext(
        roles=roles, overwrite=False, **({scope: "p1"} if scope else {})
    )
    target = {"project_id": who.project_id}
    rule = route.endpoint.policy
    every = f"{rule}_all"
    return Allowed(
        enforcer.authorize(rule, target, who),
        enforcer.authorize(every, target, who) if every in NAMES else None,
    )


def contradictions(enforcer):
    """Return where the rules say something else."""
    return {
        (str(route), persona)
        for route, persona, answer in SAID
        if persona in TOLD and route.endpoint.policy
        if not allowed(enforcer, route, persona).means(answer)
    }


def test_the_rules_say_the_same():
    assert contradictions(enforcing(RULES)) == set()


@pytest.mark.parametrize("place", UNROUTED, ids=" ".join)
def test_who_is_told_more(place):
    """Nobody is refused; the rule says to whom all is told."""
    level = access.ROUTES[" ".join(place)]
    enforcer = enforcing(RULES)
    for persona, answer in level.items():
        roles, scope = TOLD.get(persona, ([], None))
        who = oslo_context.RequestContext(
            roles=roles, overwrite=False, **({scope: "p1"} if scope else {})
        )
        told = enforcer.authorize(
            UNROUTED[place], {"project_id": who.project_id}, who
        )
        assert answer == ("all" if told else "public")


def test_without_a_token_nobody_gets_where_a_rule_decides():
    for route, persona, answer in SAID:
        if route.endpoint.policy is None:
            assert answer == "yes"
        elif persona == "no token":
            assert answer == "401"


@pytest.mark.parametrize(
    ("name", "check", "noticed"),
    [
        ("racks:list_all", base.READER, ("GET /v1/racks", "reader")),
        ("racks:list", base.ADMIN, ("GET /v1/racks/{rack_id}.svg", "member")),
        ("teams:list", base.MEMBER, ("GET /v1/teams", "reader")),
        (
            "jobs:run",
            base.MANAGER,
            ("POST /v1/jobs/{job_name}/run", "manager"),
        ),
        (
            "dead_letters:purge",
            base.ANYONE,
            ("DELETE /v1/dead-letters", "service"),
        ),
        (
            "corrections:create_all",
            base.ANYONE,
            ("POST /v1/corrections", "reader"),
        ),
        ("openapi:show", base.READER, ("GET /v1/openapi.json", "unscoped")),
        ("project_reader", "role:service", ("GET /v1/users", "service")),
        ("admin_api", "role:manager", ("GET /v1/jobs", "manager")),
    ],
)
def test_a_slip_in_a_rule_is_noticed(name, check, noticed):
    full = f"concertim:{name}" if ":" in name else name
    slipped = [
        slip(rule, check) if rule.name == full else rule for rule in RULES
    ]
    assert full in NAMES
    assert noticed in contradictions(enforcing(slipped))


def slip(rule, check):
    return policy.RuleDefault(rule.name, check, scope_types=rule.scope_types)


def test_a_rule_for_every_scope_is_noticed():
    slipped = [policy.RuleDefault(rule.name, rule.check_str) for rule in RULES]
    assert contradictions(enforcing(slipped)) >= {
        ("GET /v1/jobs", "system"),
        ("GET /v1/racks", "domain"),
    }
