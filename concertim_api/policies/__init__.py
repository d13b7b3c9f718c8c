"""Who may do what: one module per noun, which has its ``rules``."""

import importlib
import pkgutil
from collections.abc import Sequence

from oslo_policy import policy

from concertim_api.policies import base


def list_rules() -> Sequence[policy.RuleDefault]:
    """Return every rule, for the enforcer, the sample and the docs.

    The personas come first, then the nouns by name.
    """
    names = [info.name for info in pkgutil.iter_modules(__path__)]
    nouns = [importlib.import_module(f"{__name__}.{name}") for name in names]
    nouns.sort(key=lambda noun: noun is not base)
    return [rule for noun in nouns for rule in noun.rules]
