"""Who may see templates."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:templates:list",
    base.READER,
    "List and show the public templates.",
    "See the private templates, too.",
    "GET /v1/templates",
    "GET /v1/templates/{template_id}",
)
