"""The rules of the operator that say which projects are ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from concertim_api.domain.attributes import texts
from concertim_api.domain.ledger.observations import Attributes


class Rule(NamedTuple):
    """One rule: the field of a project, and the value to find there."""

    by: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.by}:{self.value}" if self.value else self.by


#: The rule of a site without any of its own.
DEFAULT = Rule("all")

#: rule -> whether a project (its id and details) has the value.
_TESTS: dict[str, Callable[[str, Attributes, str], bool]] = {
    "all": lambda id_, details, value: True,
    "prefix": lambda id_, details, value: str(
        details.get("name") or ""
    ).startswith(value),
    "tag": lambda id_, details, value: value in texts(details.get("tags")),
    "domain": lambda id_, details, value: details.get("domain_id") == value,
    "id": lambda id_, details, value: id_ == value,
}


def parse_rule(text: str) -> Rule:
    """Return the rule of a text.

    "all", "prefix:CM_" (of its name), "tag:hpc", "domain:ID" or "id:ID".
    Raises ValueError.
    """
    by, colon, value = text.strip().partition(":")
    by, value = by.strip(), value.strip()
    if by not in _TESTS:
        raise ValueError(f"{text!r}: {by!r} is none of {', '.join(_TESTS)}")
    if by == "all" and colon:
        raise ValueError(f"{text!r}: nothing may follow 'all'")
    if by != "all" and not value:
        raise ValueError(f"{text!r}: a value must follow '{by}:'")
    return Rule(by, value)


def matches(
    project_id: str, details: Attributes, rules: Iterable[Rule]
) -> bool:
    """Whether a rule matches a project, which may be disabled."""
    return any(
        _TESTS[rule.by](project_id, details, rule.value) for rule in rules
    )


def tags_for(
    name: str, domain_id: str, rules: Iterable[Rule]
) -> tuple[str, ...] | None:
    """Return the tags that make a new project ours.

    None: no rule can match a project of this name.
    """
    rules = tuple(rules)
    if matches("", {"name": name, "domain_id": domain_id}, rules):
        return ()
    for rule in rules:
        if rule.by == "tag":
            return (rule.value,)
    return None
