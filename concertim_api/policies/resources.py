"""Who may see resources, their history and their observations."""

from concertim_api.policies import base

rules = base.Rules()

_OPERATIONS = (
    "GET /v1/resources",
    "GET /v1/resources/{resource_id}",
    "GET /v1/resources/{resource_id}/history",
    "GET /v1/resources/{resource_id}/observations",
)

LIST = rules.add(
    "concertim:resources:list",
    base.READER,
    "List and show the resources of the caller's project, with their "
    "history and observations.",
    *_OPERATIONS,
)
LIST_ALL = rules.add(
    "concertim:resources:list_all",
    base.ADMIN,
    "See the resources of every project.",
    *_OPERATIONS,
)
