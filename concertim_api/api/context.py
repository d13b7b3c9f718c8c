"""The caller, and what it may see and do."""

from __future__ import annotations

import copy
import dataclasses as dc
import operator
import re
import threading
import time
from collections.abc import Hashable
from typing import Any

from cachetools import TTLCache
from oslo_config import cfg
from oslo_context import context as oslo_context
from oslo_policy import policy as oslo_policy

from concertim_api import policies
from concertim_api.api import errors
from concertim_api.policies import operations
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.common.listing import EVERY_PROJECT, Scope

#: Where Keystone's middleware leaves the caller's token, as an auth plugin.
_CREDENTIALS = "keystone.token_auth"

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

    The same question is asked once a second.

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

    def roles(self, rule: str) -> list[str]:
        """Return the roles that a rule and the rules in it name, sorted."""
        roles, names = set(), [rule]
        for name in names:  # which grows
            text = str(self._files.rules.get(name, ""))
            roles.update(re.findall(r"\brole:([\w-]+)", text))
            others = re.findall(r"\brule:([\w:-]+)", text)
            names += [other for other in others if other not in names]
        return sorted(roles)

    def _loaded(self) -> oslo_policy.Enforcer:
        """Return an enforcer with the rules in the files, as they are now.

        It never reads the files: while oslo.policy does so, it lacks rules,
        and refuses what they allow.
        """
        self._files.load_rules()
        enforcer = copy.copy(self._files)
        enforcer.set_rules(self._files.rules, use_conf=False)
        return enforcer


@dc.dataclass(frozen=True, slots=True)
class Settings:
    """What every request needs of the configuration."""

    decisions: Decisions
    default_limit: int
    max_limit: int
    public_endpoint: str | None

    @classmethod
    def of(cls, conf: cfg.ConfigOpts) -> Settings:
        enforcer = oslo_policy.Enforcer(conf)
        enforcer.register_defaults(policies.list_rules())
        return cls(
            Decisions(enforcer),
            min(conf.api.default_limit, conf.api.max_limit),
            conf.api.max_limit,
            conf.api.public_endpoint,
        )


class Context(oslo_context.RequestContext):
    """The caller of one request.

    ``base_url`` is what the links in the answer begin with.
    """

    settings: Settings
    base_url: str
    credentials: object

    @classmethod
    def of(
        cls, environ: dict[str, Any], settings: Settings, base_url: str
    ) -> Context:
        context: Context = cls.from_environ(environ)
        context.settings = settings
        token = environ.get(_CREDENTIALS)
        context.credentials = token if _is_of_a_user(token) else None
        context.base_url = base_url
        return context

    @property
    def author(self) -> str:
        """The name under which corrections are recorded."""
        return (self.user_id or self.user_name or "unknown")[:255]

    def authorize(self, rule: str) -> None:
        """Raise Forbidden unless the rule lets the caller pass."""
        if not self.passes(rule):
            raise errors.Forbidden(
                f"Policy does not allow {rule} for you{self._roles(rule)}."
                f"{self._why_not()}"
            )

    def scope(self, all_rule: str) -> Scope:
        """Return every project if the rule allows it, else the caller's."""
        if self.passes(all_rule):
            return EVERY_PROJECT
        if self.project_id is None:
            raise errors.Forbidden("You have no project here.")
        return Scope(self.project_id)

    def caller(self, as_service: str | None = None) -> Caller:
        """Return the caller, as services need it that act in the cloud.

        It acts with its own token; with the service's credentials if the
        rule ``as_service`` lets it pass. Raises Forbidden if it has no token,
        and no rule lets it act without one.
        """
        credentials = self.credentials
        if as_service is not None and self.passes(as_service):
            credentials = None
        elif credentials is None and not self.passes(operations.AS_SERVICE):
            raise errors.Forbidden(
                "This takes a token of Keystone, and policy does not allow "
                f"{operations.AS_SERVICE} for you."
            )
        return Caller(
            user_id=self.user_id,
            user_name=self.user_name,
            project_id=self.project_id,
            request_id=self.request_id,
            credentials=credentials,
        )

    def passes(self, rule: str) -> bool:
        """Return whether the rule lets the caller pass."""
        return self.settings.decisions.allow(rule, self)

    def _roles(self, rule: str) -> str:
        """Return a hint to the roles of a rule, if it is about roles."""
        roles = self.settings.decisions.roles(rule)
        return f"; it takes the role {' or '.join(roles)}" if roles else ""

    def _why_not(self) -> str:
        """Return a hint for administrators of the system or of a domain."""
        if not (self.system_scope or self.domain_id):
            return ""
        holder = "the system" if self.system_scope else "a domain"
        return f" Your token is of {holder}; it takes one of a project."


def _is_of_a_user(token: Any) -> bool:
    return bool(getattr(token, "has_user_token", False))
