"""The rules allow what tests/access.py says, and nothing else."""

import dataclasses as dc
from typing import get_args

import pytest
from oslo_context import context as oslo_context

from tests import access
from tests.unit.policies.test_policies import (
    DOCUMENTED,
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


def caller(persona):
    """Return somebody of whom Keystone tells this; by default, nothing."""
    roles, scope = TOLD.get(persona, ([], None))
    return oslo_context.RequestContext(
        roles=roles, overwrite=False, **({scope: "p1"} if scope else {})
    )


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
    who = caller(persona)
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


#: Rules that decide of a part of a request: who passes.
PARTS = {
    "concertim:devices:force": {"admin"},
    "concertim:teams:purge": {"admin"},
    "concertim:roles:as_service": {"manager"},
    "concertim:operations:as_service": {"admin"},
    "concertim:statistics:as_service": set(),
}


def test_who_passes_the_rules_of_parts():
    routed = {r.endpoint.policy for r in ROUTES} | {*UNROUTED.values()}
    documented = {rule.name for rule in DOCUMENTED}
    parts = {n for n in documented if n.removesuffix("_all") not in routed}
    enforcer = enforcing(RULES)
    assert {
        name: {
            persona
            for persona in TOLD
            if enforcer.authorize(name, {"project_id": "p1"}, caller(persona))
        }
        for name in parts
    } == PARTS


@pytest.mark.parametrize("place", UNROUTED, ids=" ".join)
def test_who_is_told_more(place):
    """Nobody is refused; the rule says to whom all is told."""
    level = access.ROUTES[" ".join(place)]
    enforcer = enforcing(RULES)
    for persona, answer in level.items():
        who = caller(persona)
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
