"""Who may follow the feed of changes."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:changes:list",
    base.READER,
    "Follow the changes of the caller's project.",
    "Follow the changes of every project.",
    "GET /v1/changes",
)
