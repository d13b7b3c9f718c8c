"""Problems of the policy file, for ``concertim-status``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from oslo_config import cfg
from oslo_policy import policy
from oslo_upgradecheck import common_checks
from oslo_upgradecheck.upgradecheck import Code, Result, UpgradeCommands

from concertim_api import policies

#: The errors of a file that is not YAML, or has no rules.
_NO_RULES = (ValueError, AttributeError, TypeError)


def check(commands: UpgradeCommands, conf: cfg.ConfigOpts) -> Result:
    """Return whether the rules of an operator have an effect, and which."""
    result = common_checks.check_policy_json(commands, conf)
    if result.code != Code.SUCCESS:
        return result
    name = conf.oslo_policy.policy_file
    enforcer = policy.Enforcer(conf)
    enforcer.register_defaults(policies.list_rules())
    try:
        enforcer.load_rules()
    except _NO_RULES as exc:
        return Result(Code.FAILURE, f"{name} is no file of rules: {exc}")
    broken = [*_broken(enforcer)]
    if broken:
        return Result(Code.FAILURE, f"{name}: {'; '.join(broken)}")
    idle = [*_idle(enforcer)]
    if not enforcer.policy_path and _is_chosen(conf):
        idle.append("there is no such file, and the defaults are in force")
    if idle:
        return Result(Code.WARNING, f"{name}: {'; '.join(idle)}")
    return Result(
        Code.SUCCESS, enforcer.policy_path or "no file: the defaults hold"
    )


def _is_chosen(conf: cfg.ConfigOpts) -> bool:
    """Return whether an operator has set the name of the file."""
    place = conf.get_location("policy_file", "oslo_policy")
    return place is not None and place.location.is_user_controlled


def _broken(enforcer: policy.Enforcer) -> Iterator[str]:
    """Yield rules that nobody passes, by mistake, and invalid ones."""
    for name, rule in enforcer.file_rules.items():
        if str(rule.check) == "!" and rule.check_str != "!":
            yield f"{name} can't be understood, and nobody passes it"
    try:
        enforcer.check_rules(raise_on_violation=True)
    except policy.InvalidDefinitionError as exc:
        yield str(exc)


def _idle(enforcer: policy.Enforcer) -> Iterator[str]:
    """Yield rules without effect: of other releases, or misspelt."""
    written: Mapping[str, Any] = enforcer.file_rules
    used = {
        name
        for rule in written.values()
        for name in re.findall(r"rule:([^\s()]+)", str(rule.check))
    }
    for name in written:
        if name not in enforcer.registered_rules and name not in used:
            yield f"{name} is no rule of this release, and has no effect"
