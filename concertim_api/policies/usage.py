"""Who may see usage totals."""

from concertim_api.policies import base

rules = base.Rules()

SHOW, SHOW_ALL = rules.add_scoped(
    "concertim:usage:show",
    base.READER,
    "Add up the usage of the caller's project.",
    "Add up the usage of every project.",
    "GET /v1/usage",
)
