"""Who may see resources, their history and their observations."""

from concertim_api.policies import base

LIST = "concertim:resources:list"
LIST_ALL = "concertim:resources:list_all"

_OPERATIONS = (
    "GET /v1/resources",
    "GET /v1/resources/{resource_id}",
    "GET /v1/resources/{resource_id}/history",
    "GET /v1/resources/{resource_id}/observations",
)

rules = [
    base.rule(
        LIST,
        base.READER,
        "List and show the resources of the caller's project, with their "
        "history and observations.",
        *_OPERATIONS,
    ),
    base.rule(
        LIST_ALL,
        base.ADMIN,
        "See the resources of every project.",
        *_OPERATIONS,
    ),
]
