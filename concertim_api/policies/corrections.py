"""Who may correct history by hand, and see who did."""

from concertim_api.policies import base

LIST = "concertim:corrections:list"
LIST_ALL = "concertim:corrections:list_all"
CREATE = "concertim:corrections:create"
CREATE_ALL = "concertim:corrections:create_all"

_OPERATIONS = ("GET /v1/corrections", "GET /v1/corrections/{correction_id}")

rules = [
    base.rule(
        LIST,
        base.ADMIN,
        "List and show the corrections in the caller's project.",
        *_OPERATIONS,
    ),
    base.rule(
        LIST_ALL,
        base.ADMIN,
        "See the corrections in every project.",
        *_OPERATIONS,
    ),
    base.rule(
        CREATE,
        base.ADMIN,
        "Correct the history of the caller's project. It changes what is "
        "billed.",
        "POST /v1/corrections",
    ),
    base.rule(
        CREATE_ALL,
        base.ADMIN,
        "Correct the history of every project.",
        "POST /v1/corrections",
    ),
]
