"""Who may correct history by hand, and see who did."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:corrections:list",
    base.ADMIN,
    "List and show the corrections in the caller's project.",
    "See the corrections in every project.",
    "GET /v1/corrections",
    "GET /v1/corrections/{correction_id}",
)
CREATE, CREATE_ALL = rules.add_scoped(
    "concertim:corrections:create",
    base.ADMIN,
    "Correct the history of the caller's project. It changes what is billed.",
    "Correct the history of every project.",
    "POST /v1/corrections",
)
