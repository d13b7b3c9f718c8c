"""Who may see templates."""

from concertim_api.policies import base

rules = base.Rules()

_OPERATIONS = (
    "GET /v1/templates",
    "GET /v1/templates/{template_id}",
)

LIST = rules.add(
    "concertim:templates:list",
    base.READER,
    "List and show the public templates.",
    *_OPERATIONS,
)
LIST_ALL = rules.add(
    "concertim:templates:list_all",
    base.ADMIN,
    "See the private templates, too.",
    *_OPERATIONS,
)
