"""Who may see devices, and have something done with them."""

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
    base.rule(
        "devices:act",
        base.MEMBER,
        "Start, stop, detach, extend, destroy and so on the devices of the "
        "caller's project. Whether the cloud lets the caller is another "
        "question.",
        "POST /v1/devices/{device_id}/action",
    ),
    base.rule(
        "devices:act_all",
        base.ADMIN,
        "Do that with the devices of every project.",
        "POST /v1/devices/{device_id}/action",
    ),
    base.rule(
        "devices:force",
        base.ADMIN,
        "Destroy a volume by force, whatever its state is.",
        "POST /v1/devices/{device_id}/action",
    ),
]
