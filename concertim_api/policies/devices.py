"""Who may see devices, and act on them."""

from concertim_api.policies import base

LIST = "concertim:devices:list"
LIST_ALL = "concertim:devices:list_all"
ACT = "concertim:devices:act"
ACT_ALL = "concertim:devices:act_all"
FORCE = "concertim:devices:force"

_OPERATIONS = (
    "GET /v1/devices",
    "GET /v1/devices/{device_id}",
)

rules = [
    base.rule(
        LIST,
        base.READER,
        "List and show the devices of the caller's project.",
        *_OPERATIONS,
    ),
    base.rule(
        LIST_ALL,
        base.ADMIN,
        "See the devices of every project.",
        *_OPERATIONS,
    ),
    base.rule(
        ACT,
        base.MEMBER,
        "Start, stop, detach, extend, destroy and so on the devices of the "
        "caller's project. The cloud may refuse it all the same.",
        "POST /v1/devices/{device_id}/action",
    ),
    base.rule(
        ACT_ALL,
        base.ADMIN,
        "Do so with the devices of every project.",
        "POST /v1/devices/{device_id}/action",
    ),
    base.rule(
        FORCE,
        base.ADMIN,
        "Destroy a volume by force, in any state.",
        "POST /v1/devices/{device_id}/action",
    ),
]
