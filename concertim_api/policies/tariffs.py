"""Who may see the tariffs."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:tariffs:list",
    base.READER,
    "List and show the tariffs. Prices for certain projects, and discounts, "
    "are only those of the caller's project.",
    "See the prices and the discounts of every project, and who loaded a "
    "tariff.",
    "GET /v1/tariffs",
    "GET /v1/tariffs/{tariff_id}",
)
