"""What the personas may do, and that rules and routes agree."""

import dataclasses as dc
import pathlib
import re

import pytest
from oslo_config import cfg
from oslo_context import context as oslo_context
from oslo_policy import policy

from concertim_api import policies
from concertim_api.api.controllers import root
from concertim_api.api.routing import routes
from concertim_api.policies import base, costs, health, operations

GABBITS = pathlib.Path(__file__).parents[2] / "functional" / "gabbits"


@dc.dataclass
class NoServices:
    """The tree of controllers needs no service to be walked."""

    def __getattr__(self, name):
        return None


ROUTES = routes(root.build(NoServices()))
RULES = policies.list_rules()
#: What a middleware answers: place -> the rule by which it tells more.
UNROUTED = {("GET", "/healthcheck"): health.DETAILS}
#: rules that stand beside those of several nouns
SHARED = {operations.AS_SERVICE, costs.SHOW, costs.SHOW_ALL}
DOCUMENTED = [r for r in RULES if isinstance(r, policy.DocumentedRuleDefault)]


def test_every_route_has_a_documented_policy_or_needs_no_token():
    names = {rule.name for rule in DOCUMENTED}
    open_to_all = {r.path for r in ROUTES if r.endpoint.policy is None}
    assert open_to_all == {"/", "/v1"}
    assert {r.endpoint.policy for r in ROUTES if r.endpoint.policy} <= names


@pytest.mark.parametrize("rule", DOCUMENTED, ids=lambda rule: rule.name)
def test_every_policy_names_real_routes(rule):
    known = {
        **{(r.method, r.path): r.endpoint.policy for r in ROUTES},
        **UNROUTED,
    }
    for operation in rule.operations:
        place = operation["method"], operation["path"]
        assert place in known
        ours = known[place].rpartition(":")
        assert rule.name.startswith(ours[0]) or rule.name in SHARED


@pytest.mark.parametrize("rule", DOCUMENTED, ids=lambda rule: rule.name)
def test_every_route_of_a_policy_is_documented_with_it(rule):
    documented = {(o["method"], o["path"]) for o in rule.operations}
    served = {
        (r.method, r.path) for r in ROUTES if r.endpoint.policy == rule.name
    }
    assert served <= documented


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_route_is_in_a_gabbit(route):
    text = "\n".join(p.read_text() for p in sorted(GABBITS.glob("*.yaml")))
    path = re.sub(r"\\{\w+\\}", r"[^/\\s?]+", re.escape(route.path))
    if route.path == "/v1/corrections/{correction_id}":
        path = r"\$LOCATION"
    assert re.search(rf"{route.method}: {path}/?(\?|$)", text, re.MULTILINE)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_route_says_what_it_does(route):
    assert route.title.endswith(".")
    assert len(route.title) <= 72


def enforcing(rules):
    """Return who decides by these rules."""
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[])
    found = policy.Enforcer(conf)
    found.register_defaults(rules)
    return found


def test_another_project_is_not_ones_own():
    who = oslo_context.RequestContext(
        roles=["reader"], project_id="p2", overwrite=False
    )
    assert not enforcing(RULES).authorize(
        "concertim:periods:list", {"project_id": "p1"}, who
    )


def test_the_other_personas_are_ready_to_be_used():
    for check in (base.MANAGER, base.MEMBER):
        assert check.partition(" or ")[2].removeprefix("rule:") in {
            rule.name for rule in RULES
        }
