"""Who may see the limits of the caller's project."""

from concertim_api.policies import base

rules = base.Rules()

LIST = rules.add(
    "concertim:limits:list",
    base.READER,
    "See the limits of the caller's project, and their use. "
    "The cloud is asked with the caller's token.",
    "GET /v1/limits",
)
