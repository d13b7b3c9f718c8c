"""Who may correct history by hand, and see who did."""

from concertim_api.policies import base

LIST = "concertim:corrections:list"
LIST_ALL = "concertim:corrections:list_all"
CREATE = "concertim:corrections:create"
CREATE_ALL = "concertim:corrections:create_all"

_OPERATIONS = ("GET /v1/corrections", "GET /v1/corrections/{correction_id}")

rules = [
    base.rule(
        "corrections:list",
        base.ADMIN,
        "List and show the corrections in the caller's project.",
        *_OPERATIONS,
    ),
    base.rule(
        "corrections:list_all",
        base.ADMIN,
        "See the corrections in every project.",
        *_OPERATIONS,
    ),
    base.rule(
        "corrections:create",
        base.ADMIN,
        "Correct the history of the caller's project. It changes what is "
        "billed.",
        "POST /v1/corrections",
    ),
    base.rule(
        "corrections:create_all",
        base.ADMIN,
        "Correct the history of every project.",
        "POST /v1/corrections",
    ),
]
