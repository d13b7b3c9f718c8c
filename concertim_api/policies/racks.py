"""Who may see racks, their pictures and their history."""

from concertim_api.policies import base

rules = base.Rules()

_OPERATIONS = (
    "GET /v1/racks",
    "GET /v1/racks/{rack_id}",
    "GET /v1/racks/{rack_id}.svg",
    "GET /v1/racks/{rack_id}/history",
)

LIST = rules.add(
    "concertim:racks:list",
    base.READER,
    "List, show and draw the racks of the caller's project, with their "
    "history.",
    *_OPERATIONS,
)
LIST_ALL = rules.add(
    "concertim:racks:list_all",
    base.ADMIN,
    "See the racks of every project.",
    *_OPERATIONS,
)
ACT = rules.add(
    "concertim:racks:act",
    base.MEMBER,
    "Suspend, resume, check and destroy the racks of the caller's "
    "project. Heat may refuse it all the same.",
    "POST /v1/racks/{rack_id}/action",
)
ACT_ALL = rules.add(
    "concertim:racks:act_all",
    base.ADMIN,
    "Suspend, resume, check and destroy the racks of every project.",
    "POST /v1/racks/{rack_id}/action",
)
