"""Who may see usage totals."""

from concertim_api.policies import base

SHOW = "concertim:usage:show"
SHOW_ALL = "concertim:usage:show_all"

rules = [
    base.rule(
        SHOW,
        base.READER,
        "Add up the usage of the caller's project.",
        "GET /v1/usage",
    ),
    base.rule(
        SHOW_ALL,
        base.ADMIN,
        "Add up the usage of every project.",
        "GET /v1/usage",
    ),
]
