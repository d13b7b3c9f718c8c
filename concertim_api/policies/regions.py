"""Who may see the regions."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:regions:list",
    base.READER,
    "List the regions, and the time of the newest observation of each.",
    "See how many resources each region has.",
    "GET /v1/regions",
)
