"""Who may do what: one module per noun."""

from collections.abc import Sequence

from oslo_policy import policy

from concertim_api.policies import (
    base,
    changes,
    corrections,
    dead_letters,
    devices,
    health,
    jobs,
    keypairs,
    limits,
    openapi,
    operations,
    periods,
    pushes,
    quotas,
    racks,
    regions,
    resources,
    roles,
    statistics,
    teams,
    templates,
    usage,
    users,
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
    racks,
    devices,
    templates,
    teams,
    roles,
    users,
    jobs,
    pushes,
    operations,
    keypairs,
    quotas,
    limits,
    statistics,
    openapi,
    health,
)


def list_rules() -> Sequence[policy.RuleDefault]:
    """Return every rule, for the enforcer, the sample and the docs."""
    return [rule for noun in _NOUNS for rule in noun.rules]
