"""What the policy says: the same question is asked once a second."""

from __future__ import annotations

import copy
import operator
import threading
import time
from collections.abc import Hashable

from cachetools import TTLCache
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

#: Seconds for which an answer counts, and answers that are kept.
_TTL, _MOST = 1.0, 4096

_caller = operator.attrgetter(*CALLER)


class Decisions:
    """Whether rules let callers pass. Threads may share it.

    oslo.policy looks at its files, ten times over, for every question, and
    inspects the signature of every check that it makes: a third of the time
    of a short list. Here a change of the files, or of what the server of an
    ``http:`` check says, counts a second after the last answer.
    """

    def __init__(self, enforcer: oslo_policy.Enforcer) -> None:
        self._files = enforcer
        self._lock = threading.Lock()
        enforcer.load_rules()  # a mistake in the files shows at the start
        self._answers = TTLCache[Hashable, bool](_MOST, _TTL, time.monotonic)

    def allow(self, rule: str, caller: oslo_context.RequestContext) -> bool:
        """Return whether the rule lets the caller pass, who acts in its own
        project.

        No other caller waits for a check of the rule. Callers who ask the
        same at the same time may each cause a check.
        """
        roles = tuple(caller.roles), tuple(caller.service_roles)
        key = rule, _caller(caller), *roles
        with self._lock:
            answer = self._answers.get(key)
            if answer is not None:
                return answer
            enforcer = self._loaded()
        target = {"project_id": caller.project_id}
        answer = bool(enforcer.authorize(rule, target, caller))
        with self._lock:
            self._answers[key] = answer
        return answer

    def _loaded(self) -> oslo_policy.Enforcer:
        """Return an enforcer with the rules in the files, as they are now.

        It never reads the files: while oslo.policy does so, it lacks rules,
        and refuses what they allow.
        """
        self._files.load_rules()
        enforcer = copy.copy(self._files)
        enforcer.set_rules(self._files.rules, use_conf=False)
        return enforcer
