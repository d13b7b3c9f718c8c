"""Who may see what usage costs."""

from concertim_api.policies import base

rules = base.Rules()

SHOW, SHOW_ALL = rules.add_scoped(
    "concertim:costs:show",
    base.READER,
    "Add up what the usage of the caller's project costs.",
    "Add up what the usage of every project costs.",
    "GET /v1/costs",
    "GET /v1/racks/{rack_id}.svg",
)
