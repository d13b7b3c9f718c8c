"""Who may see templates."""

from concertim_api.policies import base

LIST = "concertim:templates:list"
LIST_ALL = "concertim:templates:list_all"

_OPERATIONS = (
    "GET /v1/templates",
    "GET /v1/templates/{template_id}",
)

rules = [
    base.rule(
        LIST,
        base.READER,
        "List and show the public templates.",
        *_OPERATIONS,
    ),
    base.rule(
        LIST_ALL,
        base.ADMIN,
        "See the private templates, too.",
        *_OPERATIONS,
    ),
]
