"""Who may see the regions."""

from concertim_api.policies import base

rules = base.Rules()

LIST = rules.add(
    "concertim:regions:list",
    base.READER,
    "List the regions, and the time of the newest observation of each.",
    "GET /v1/regions",
)
LIST_ALL = rules.add(
    "concertim:regions:list_all",
    base.ADMIN,
    "See how many resources each region has.",
    "GET /v1/regions",
)
