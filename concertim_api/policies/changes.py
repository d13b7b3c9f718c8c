"""Who may follow the feed of changes."""

from concertim_api.policies import base

rules = base.Rules()

LIST = rules.add(
    "concertim:changes:list",
    base.READER,
    "Follow the changes of the caller's project.",
    "GET /v1/changes",
)
LIST_ALL = rules.add(
    "concertim:changes:list_all",
    base.ADMIN,
    "Follow the changes of every project.",
    "GET /v1/changes",
)
