"""Who may do what: one module per noun."""

from collections.abc import Sequence

from oslo_policy import policy

from concertim_api.policies import (
    base,
    changes,
    corrections,
    dead_letters,
    openapi,
    periods,
    regions,
    resources,
    usage,
)

_NOUNS = (
    base,
    periods,
    usage,
    resources,
    changes,
    corrections,
    dead_letters,
    regions,
    openapi,
)


def list_rules() -> Sequence[policy.RuleDefault]:
    """Return every rule, for the enforcer, the sample and the docs."""
    return [rule for noun in _NOUNS for rule in noun.rules]
