"""Answers are those of the policy, though it is not asked every time."""

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oslo_config import cfg
from oslo_context.context import RequestContext
from oslo_policy import policy

from concertim_api import policies
from concertim_api.api import decisions

RULES = {
    "all": "@",
    "none": "!",
    "reader": "role:reader and project_id:%(project_id)s",
    "service": "service_roles:service",
    "ann": "user_id:ann or rule:admin",
    "admin": "role:admin and not system_scope:all",
}

WORDS = st.sampled_from([None, "", "ann", "p1", "all"])
ROLES = st.lists(st.sampled_from(["admin", "reader", "service"]), max_size=2)


def enforcer(folder=None):
    conf = cfg.ConfigOpts()
    conf([], default_config_dirs=[])
    file = str(folder / "policy.yaml") if folder else None
    made = policy.Enforcer(conf, policy_file=file)
    made.register_defaults(policy.RuleDefault(n, c) for n, c in RULES.items())
    return made


def caller(**facts):
    return RequestContext(overwrite=False, **facts)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "policy.yaml"


@pytest.fixture
def now(monkeypatch):
    """The seconds that have passed, as a list of one."""
    passed = [1000.0]
    monkeypatch.setattr(decisions.time, "monotonic", lambda: passed[0])
    return passed


@pytest.fixture
def asked(monkeypatch):
    """The rules that the policy was asked for."""
    found, authorize = [], policy.Enforcer.authorize

    def noted(self, rule, *rest):
        found.append(rule)
        return authorize(self, rule, *rest)

    monkeypatch.setattr(policy.Enforcer, "authorize", noted)
    return found


def test_everything_that_a_rule_may_read_tells_callers_apart():
    assert {*decisions.CALLER, "roles", "service_roles"} == set(
        caller().to_policy_values()
    )


CALLERS = st.builds(
    caller,
    roles=ROLES,
    service_roles=ROLES,
    is_admin_project=st.booleans(),
    **{n: WORDS for n in decisions.CALLER if n != "is_admin_project"},
)
UNCACHED = enforcer()
DECISIONS = decisions.Decisions(enforcer())


@given(st.sampled_from(sorted(RULES)), CALLERS)
def test_answers_are_those_of_the_policy(rule, who):
    target = {"project_id": who.project_id}
    said = bool(UNCACHED.authorize(rule, target, who))
    assert [DECISIONS.allow(rule, who) for _ in range(2)] == [said, said]


def test_the_same_question_is_asked_once(asked, now):
    found = decisions.Decisions(enforcer())
    for _ in range(3):
        assert found.allow("reader", caller(roles=["reader"], project_id="p"))
        assert not found.allow("reader", caller(project_id="p"))
        now[0] += 60
    assert asked == ["reader"] * 2


def test_what_is_not_registered_is_refused_every_time():
    found = decisions.Decisions(enforcer())
    for _ in range(2):
        with pytest.raises(policy.PolicyNotRegistered):
            found.allow("nothing", caller())


def test_a_changed_file_counts_a_second_later(file, now):
    file.write_text('"reader": "!"\n')
    found = decisions.Decisions(enforcer(file.parent))
    who = caller(roles=["reader"], project_id="p")
    assert not found.allow("reader", who)
    file.write_text('"reader": "@"\n')
    os.utime(file, (2e9, 2e9))
    now[0] += 0.5
    assert not found.allow("reader", who)
    now[0] += 0.5
    assert found.allow("reader", who)
    file.write_text("{}\n")
    os.utime(file, (2.1e9, 2.1e9))
    now[0] += 1
    assert found.allow("reader", who)
    assert not found.allow("reader", caller())


@policy.register("moody")
class Moody(policy.Check):
    """A check that says something else each time."""

    said = False

    def __call__(self, target, creds, enforcer, current_rule=None):
        type(self).said = not self.said
        return self.said


@pytest.mark.parametrize(
    "check",
    [
        "moody:x",
        "not moody:x",
        "role:x or (@ and moody:x)",
        "(moody:x)",
        "not (role:x or moody:x)",
    ],
)
def test_who_asks_others_is_asked_every_time(check, file, now):
    file.write_text(f'"all": "{check}"\n')
    found = decisions.Decisions(enforcer(file.parent))
    said = [found.allow("all", caller()) for _ in range(4)]
    assert said in ([True, False] * 2, [False, True] * 2)


@pytest.mark.parametrize(
    ("check", "is_steady"),
    [
        ("@", True),
        ("", True),
        ("!", True),
        ("not role:a and (user_id:%(user_id)s or rule:b)", True),
        ("(role:a or (role:b and not role:c))", True),
        ("http://policy/%(user_id)s", False),
        ("role:a and not https://policy/", False),
        ("'a':%(b.c)s", False),
        ("True:%(b)s", False),
    ],
)
def test_who_asks_others_is_told_by_its_text(check, is_steady):
    rules = policy.Rules.from_dict({"rule": check})
    assert decisions._is_steady(rules["rule"]) is is_steady


def test_all_our_own_rules_are_steady():
    enforcer = policy.Enforcer(cfg.ConfigOpts(), use_conf=False)
    enforcer.register_defaults(policies.list_rules())
    checks = [rule.check for rule in enforcer.registered_rules.values()]
    assert checks
    assert all(map(decisions._is_steady, checks))


def test_answers_are_not_kept_without_end(asked, now):
    found = decisions.Decisions(enforcer())
    for number in range(decisions._MOST + 1):
        assert found.allow("all", caller(user_id=str(number)))
    assert len(found._known) == 1
    assert found.allow("all", caller(user_id="0"))
    assert len(asked) == decisions._MOST + 2


def test_threads_hear_the_same(file, now):
    file.write_text('"reader": "!"\n')
    found = decisions.Decisions(enforcer(file.parent))
    who, heard = caller(roles=["reader"], project_id="p"), []
    file.write_text('"reader": "@"\n')
    os.utime(file, (2e9, 2e9))
    now[0] += 1
    threads = [
        threading.Thread(
            target=lambda: heard.append(found.allow("reader", who))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == [True] * 8
