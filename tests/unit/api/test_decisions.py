"""Answers are those of the policy, though it is not asked every time."""

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oslo_config import cfg
from oslo_context.context import RequestContext
from oslo_policy import policy

from concertim_api.api import context as decisions

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


def test_the_same_question_is_asked_once_a_second(asked, now):
    found = decisions.Decisions(enforcer())
    for _ in range(4):
        assert found.allow("reader", caller(roles=["reader"], project_id="p"))
        assert not found.allow("reader", caller(project_id="p"))
        now[0] += 0.5
    assert asked == ["reader"] * 4


def test_what_is_not_registered_is_refused_every_time():
    found = decisions.Decisions(enforcer())
    for _ in range(2):
        with pytest.raises(policy.PolicyNotRegistered):
            found.allow("nothing", caller())


def test_a_mistake_in_the_file_shows_at_once(file):
    file.write_text("reader: [")
    with pytest.raises(ValueError, match="parsing"):
        decisions.Decisions(enforcer(file.parent))


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


def test_what_others_are_asked_counts_a_second(file, now):
    file.write_text('"all": "moody:x"\n')
    found = decisions.Decisions(enforcer(file.parent))
    answers = []
    for _ in range(4):
        answers.append(found.allow("all", caller()))
        now[0] += 0.5
    assert answers == [True, True, False, False]


def test_answers_are_not_kept_without_end(asked, now, monkeypatch):
    monkeypatch.setattr(decisions, "_MOST", 3)
    found = decisions.Decisions(enforcer())
    for name in ("a", "b", "c", "d", "a"):
        assert found.allow("all", caller(user_id=name))
    assert len(asked) == 5


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


@policy.register("slow")
class Slow(policy.Check):
    """A check that waits for its server."""

    asked: threading.Event
    answered: threading.Event

    def __call__(self, target, creds, enforcer, current_rule=None):
        self.asked.set()
        return self.answered.wait(20)


def test_a_slow_check_stops_no_other_caller(file, now, monkeypatch):
    monkeypatch.setattr(Slow, "asked", threading.Event(), raising=False)
    monkeypatch.setattr(Slow, "answered", threading.Event(), raising=False)
    file.write_text('"ann": "slow:x"\n')
    checked, answers = decisions.Decisions(enforcer(file.parent)), []
    reader = caller(roles=["reader"], project_id="p")
    waiting = threading.Thread(
        target=lambda: answers.append(checked.allow("ann", caller()))
    )
    waiting.start()
    assert Slow.asked.wait(20)
    assert checked.allow("reader", reader)
    file.write_text('"reader": "!"\n')
    os.utime(file, (2e9, 2e9))
    now[0] += 1
    assert not checked.allow("reader", reader)
    Slow.answered.set()
    waiting.join()
    assert answers == [True]  # it was answered in time


@pytest.mark.parametrize(
    ("rule", "roles"),
    [
        ("reader", ["reader"]),
        ("ann", ["admin"]),
        ("none", []),
        ("service", []),
        ("all", ["a", "b"]),
    ],
)
def test_the_roles_that_a_rule_takes(file, rule, roles):
    """Rules may name each other, and rules that are not there."""
    file.write_text(
        '"all": "role:a or rule:circle or rule:nowhere"\n'
        '"circle": "role:b or rule:all"\n'
    )
    assert decisions.Decisions(enforcer(file.parent)).roles(rule) == roles
