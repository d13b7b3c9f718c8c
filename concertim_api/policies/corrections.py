"""Who may correct history by hand, and see who did."""

from concertim_api.policies import base

rules = base.Rules()

_OPERATIONS = ("GET /v1/corrections", "GET /v1/corrections/{correction_id}")

LIST = rules.add(
    "concertim:corrections:list",
    base.ADMIN,
    "List and show the corrections in the caller's project.",
    *_OPERATIONS,
)
LIST_ALL = rules.add(
    "concertim:corrections:list_all",
    base.ADMIN,
    "See the corrections in every project.",
    *_OPERATIONS,
)
CREATE = rules.add(
    "concertim:corrections:create",
    base.ADMIN,
    "Correct the history of the caller's project. It changes what is billed.",
    "POST /v1/corrections",
)
CREATE_ALL = rules.add(
    "concertim:corrections:create_all",
    base.ADMIN,
    "Correct the history of every project.",
    "POST /v1/corrections",
)
