"""Who may see racks, their pictures and their history."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:racks:list",
    base.READER,
    "List, show and draw the racks of the caller's project, with their "
    "history.",
    "See the racks of every project.",
    "GET /v1/racks",
    "GET /v1/racks/{rack_id}",
    "GET /v1/racks/{rack_id}.svg",
    "GET /v1/racks/{rack_id}/history",
)
ACT, ACT_ALL = rules.add_scoped(
    "concertim:racks:act",
    base.MEMBER,
    "Suspend, resume, check and destroy the racks of the caller's "
    "project. Heat may refuse it all the same.",
    "Suspend, resume, check and destroy the racks of every project.",
    "POST /v1/racks/{rack_id}/action",
)
