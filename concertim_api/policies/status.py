"""Who may see the status of the service."""

from concertim_api.policies import base

rules = base.Rules()

SHOW = rules.add(
    "concertim:status:show",
    base.ADMIN,
    "Show the state of each part of the service: hosts, users, and the names "
    "of projects that are not shown.",
    "GET /v1/status",
)
