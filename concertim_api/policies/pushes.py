"""Who may see pushes to the front end, and repeat them."""

from concertim_api.policies import base

LIST = "concertim:pushes:list"
RETRY = "concertim:pushes:retry"

rules = [
    base.rule(
        LIST,
        base.ADMIN,
        "List and show the pushes of every project to the front end.",
        "GET /v1/pushes",
        "GET /v1/pushes/{push_id}",
    ),
    base.rule(
        RETRY,
        base.ADMIN,
        "Repeat a push now, and not after its wait.",
        "POST /v1/pushes/{push_id}/retry",
    ),
]
