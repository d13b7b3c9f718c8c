"""Who may see what was done in the cloud, and for whom the service does it."""

from concertim_api.policies import base

LIST = "concertim:operations:list"
LIST_ALL = "concertim:operations:list_all"
AS_SERVICE = "concertim:operations:as_service"

_OPERATIONS = (
    "GET /v1/operations",
    "GET /v1/operations/{operation_id}",
)

rules = [
    base.rule(
        "operations:list",
        base.READER,
        "List and show what was done in the caller's project.",
        *_OPERATIONS,
    ),
    base.rule(
        "operations:list_all",
        base.ADMIN,
        "See what was done in every project.",
        *_OPERATIONS,
    ),
    base.rule(
        "operations:as_service",
        base.ADMIN,
        "Have the cloud do something without a token of Keystone (with a "
        "named key, or on loopback): the service's own credentials are used. "
        "Who has a token acts with that.",
        "POST /v1/racks/{rack_id}/action",
    ),
]
