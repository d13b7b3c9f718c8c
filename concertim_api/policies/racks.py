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
        "racks:list",
        base.READER,
        "List, show and draw the racks of the caller's project, with their "
        "history.",
        *_OPERATIONS,
    ),
    base.rule(
        "racks:list_all",
        base.ADMIN,
        "See the racks of every project.",
        *_OPERATIONS,
    ),
    base.rule(
        "racks:act",
        base.MEMBER,
        "Suspend, resume, check and destroy the racks of the caller's "
        "project. Whether Heat lets the caller is another question.",
        "POST /v1/racks/{rack_id}/action",
    ),
    base.rule(
        "racks:act_all",
        base.ADMIN,
        "Suspend, resume, check and destroy the racks of every project.",
        "POST /v1/racks/{rack_id}/action",
    ),
]
