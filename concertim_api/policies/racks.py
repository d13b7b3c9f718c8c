"""Who may see racks, their pictures and their history."""

from concertim_api.policies import base

LIST = "concertim:racks:list"
LIST_ALL = "concertim:racks:list_all"
ACT = "concertim:racks:act"
ACT_ALL = "concertim:racks:act_all"

_OPERATIONS = (
    "GET /v1/racks",
    "GET /v1/racks/{rack_id}",
    "GET /v1/racks/{rack_id}.svg",
    "GET /v1/racks/{rack_id}/history",
)

rules = [
    base.rule(
        LIST,
        base.READER,
        "List, show and draw the racks of the caller's project, with their "
        "history.",
        *_OPERATIONS,
    ),
    base.rule(
        LIST_ALL,
        base.ADMIN,
        "See the racks of every project.",
        *_OPERATIONS,
    ),
    base.rule(
        ACT,
        base.MEMBER,
        "Suspend, resume, check and destroy the racks of the caller's "
        "project. Heat may refuse it all the same.",
        "POST /v1/racks/{rack_id}/action",
    ),
    base.rule(
        ACT_ALL,
        base.ADMIN,
        "Suspend, resume, check and destroy the racks of every project.",
        "POST /v1/racks/{rack_id}/action",
    ),
]
