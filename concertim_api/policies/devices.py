"""Who may see devices."""

from concertim_api.policies import base

LIST = "concertim:devices:list"
LIST_ALL = "concertim:devices:list_all"

_OPERATIONS = (
    "GET /v1/devices",
    "GET /v1/devices/{device_id}",
)

rules = [
    base.rule(
        "devices:list",
        base.READER,
        "List and show the devices of the caller's project.",
        *_OPERATIONS,
    ),
    base.rule(
        "devices:list_all",
        base.ADMIN,
        "See the devices of every project.",
        *_OPERATIONS,
    ),
]
