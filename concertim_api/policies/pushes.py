"""Who may see what is pushed to the front end, and have it tried again."""

from concertim_api.policies import base

LIST = "concertim:pushes:list"
RETRY = "concertim:pushes:retry"

rules = [
    base.rule(
        "pushes:list",
        base.ADMIN,
        "List and show what the front end holds of the view, of every "
        "project.",
        "GET /v1/pushes",
        "GET /v1/pushes/{push_id}",
    ),
    base.rule(
        "pushes:retry",
        base.ADMIN,
        "Have something pushed again now, and not when its wait is over.",
        "POST /v1/pushes/{push_id}/retry",
    ),
]
