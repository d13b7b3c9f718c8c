"""Who may follow the feed of changes."""

from concertim_api.policies import base

LIST = "concertim:changes:list"
LIST_ALL = "concertim:changes:list_all"

rules = [
    base.rule(
        LIST,
        base.READER,
        "Follow the changes of the caller's project.",
        "GET /v1/changes",
    ),
    base.rule(
        LIST_ALL,
        base.ADMIN,
        "Follow the changes of every project.",
        "GET /v1/changes",
    ),
]
