"""Who may see devices, and act on them."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:devices:list",
    base.READER,
    "List and show the devices of the caller's project.",
    "See the devices of every project.",
    "GET /v1/devices",
    "GET /v1/devices/{device_id}",
)
ACT, ACT_ALL = rules.add_scoped(
    "concertim:devices:act",
    base.MEMBER,
    "Start, stop, detach, extend, destroy and so on the devices of the "
    "caller's project. The cloud may refuse it all the same.",
    "Do so with the devices of every project.",
    "POST /v1/devices/{device_id}/action",
)
FORCE = rules.add(
    "concertim:devices:force",
    base.ADMIN,
    "Destroy a volume by force, in any state.",
    "POST /v1/devices/{device_id}/action",
)
