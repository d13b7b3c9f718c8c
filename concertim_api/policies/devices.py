"""Who may see devices, and act on them."""

from concertim_api.policies import base

rules = base.Rules()

_OPERATIONS = (
    "GET /v1/devices",
    "GET /v1/devices/{device_id}",
)

LIST = rules.add(
    "concertim:devices:list",
    base.READER,
    "List and show the devices of the caller's project.",
    *_OPERATIONS,
)
LIST_ALL = rules.add(
    "concertim:devices:list_all",
    base.ADMIN,
    "See the devices of every project.",
    *_OPERATIONS,
)
ACT = rules.add(
    "concertim:devices:act",
    base.MEMBER,
    "Start, stop, detach, extend, destroy and so on the devices of the "
    "caller's project. The cloud may refuse it all the same.",
    "POST /v1/devices/{device_id}/action",
)
ACT_ALL = rules.add(
    "concertim:devices:act_all",
    base.ADMIN,
    "Do so with the devices of every project.",
    "POST /v1/devices/{device_id}/action",
)
FORCE = rules.add(
    "concertim:devices:force",
    base.ADMIN,
    "Destroy a volume by force, in any state.",
    "POST /v1/devices/{device_id}/action",
)
