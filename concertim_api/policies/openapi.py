"""Who may read the description of the API."""

from concertim_api.policies import base

SHOW = "concertim:openapi:show"

rules = [
    base.rule(
        SHOW,
        base.ANYONE,
        "Read the OpenAPI description of this API.",
        "GET /v1/openapi.json",
    ),
]
