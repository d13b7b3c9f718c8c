"""Who may see what each period costs."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:charges:list",
    base.READER,
    "See what each period of the caller's project costs.",
    "See what each period of every project costs.",
    "GET /v1/charges",
)
