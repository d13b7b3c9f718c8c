"""Who may see pushes to the front end, and repeat them."""

from concertim_api.policies import base

rules = base.Rules()

LIST = rules.add(
    "concertim:pushes:list",
    base.ADMIN,
    "List and show the pushes of every project to the front end.",
    "GET /v1/pushes",
    "GET /v1/pushes/{push_id}",
)
RETRY = rules.add(
    "concertim:pushes:retry",
    base.ADMIN,
    "Repeat a push now, and not after its wait.",
    "POST /v1/pushes/{push_id}/retry",
)
