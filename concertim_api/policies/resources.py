"""Who may see resources, their history and their observations."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:resources:list",
    base.READER,
    "List and show the resources of the caller's project, with their "
    "history and observations.",
    "See the resources of every project.",
    "GET /v1/resources",
    "GET /v1/resources/{resource_id}",
    "GET /v1/resources/{resource_id}/history",
    "GET /v1/resources/{resource_id}/observations",
)
