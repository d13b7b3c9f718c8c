"""Who may see usage totals."""

from concertim_api.policies import base

rules = base.Rules()

SHOW = rules.add(
    "concertim:usage:show",
    base.READER,
    "Add up the usage of the caller's project.",
    "GET /v1/usage",
)
SHOW_ALL = rules.add(
    "concertim:usage:show_all",
    base.ADMIN,
    "Add up the usage of every project.",
    "GET /v1/usage",
)
