"""What the policy says: each answer is worked out once, until its files say
something else."""

from __future__ import annotations

import operator
import threading
import time
from collections.abc import Hashable
from typing import Any

from oslo_context import context as oslo_context
from oslo_policy import policy as oslo_policy

#: All that a rule can read of a caller but its roles:
#: ``to_policy_values()`` has these, and no others.
CALLER = (
    "user_id",
    "user_domain_id",
    "system_scope",
    "domain_id",
    "project_id",
    "project_domain_id",
    "is_admin_project",
    "service_user_id",
    "service_user_domain_id",
    "service_project_id",
    "service_project_domain_id",
)

#: What a check that always says the same of the same caller begins with.
#: Others (http: asks a server) are made each time.
_STEADY = frozenset({*CALLER, "roles", "service_roles", "role", "rule"})

#: Seconds after which the files are looked at again.
_LOOK = 1.0

#: Answers that are kept; a busy API has some dozens.
_MOST = 4096

_caller = operator.attrgetter(*CALLER)


class Decisions:
    """Whether rules let callers pass. Threads may share it.

    oslo.policy looks at its files, ten times over, for every question, and
    inspects the signature of every check that it makes: a quarter of the
    time of a list. Here a change of the files counts a second later.
    """

    def __init__(self, enforcer: oslo_policy.Enforcer) -> None:
        self._enforcer = enforcer
        self._lock = threading.Lock()
        self._rules: Any = None
        self._steady = True
        self._known: dict[Hashable, bool] = {}
        self._look_at = 0.0
        self._look()

    def allow(self, rule: str, caller: oslo_context.RequestContext) -> bool:
        """Return whether the rule lets the caller pass, who acts in its own
        project."""
        if time.monotonic() >= self._look_at:
            self._look()
        if not self._steady:
            return self._asked(rule, caller)
        key = (
            rule,
            _caller(caller),
            tuple(caller.roles),
            tuple(caller.service_roles),
        )
        known = self._known.get(key)
        return self._found(key, rule, caller) if known is None else known

    def _found(
        self,
        key: Hashable,
        rule: str,
        caller: oslo_context.RequestContext,
    ) -> bool:
        """Ask for an answer, and keep it.

        One at a time: none must be found while another thread is half-way
        through reading the files.
        """
        with self._lock:
            allowed = self._asked(rule, caller)
            self._notice()
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = allowed
        return allowed

    def _asked(self, rule: str, caller: oslo_context.RequestContext) -> bool:
        target = {"project_id": caller.project_id}
        return bool(self._enforcer.authorize(rule, target, caller))

    def _look(self) -> None:
        with self._lock:
            if time.monotonic() >= self._look_at:
                self._enforcer.load_rules()
                self._notice()
                self._look_at = time.monotonic() + _LOOK

    def _notice(self) -> None:
        """Forget all answers if the rules are new: then they are another
        object."""
        rules = self._enforcer.rules
        if rules is not self._rules:
            self._known = {}
            # Never again after a rule that is not: what is asked outside of
            # the lock reads the files there, too.
            self._steady &= all(map(_is_steady, rules.values()))
            self._rules = rules


def _is_steady(rule: object) -> bool:
    """Whether a rule has steady checks only, by its text.

    A word that is not understood is not steady: then it is only slower.
    """
    words = (word.strip("()") for word in str(rule).split())
    return all(
        word in ("and", "or", "not", "@", "!", "")
        or word.partition(":")[0] in _STEADY
        for word in words
    )
