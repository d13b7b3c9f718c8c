"""Who may see the regions."""

from concertim_api.policies import base

LIST = "concertim:regions:list"
LIST_ALL = "concertim:regions:list_all"

rules = [
    base.rule(
        "regions:list",
        base.READER,
        "List the regions, and how fresh our knowledge of each is.",
        "GET /v1/regions",
    ),
    base.rule(
        "regions:list_all",
        base.ADMIN,
        "See how many resources each region has.",
        "GET /v1/regions",
    ),
]
