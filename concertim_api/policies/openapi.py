"""Who may read the description of the API."""

from concertim_api.policies import base

rules = base.Rules()

SHOW = rules.add(
    "concertim:openapi:show",
    base.ANYONE,
    "Read the OpenAPI description of this API.",
    "GET /v1/openapi.json",
)
