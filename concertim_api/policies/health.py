"""Who may see the details of a health check."""

from concertim_api.policies import base

rules = base.Rules()

DETAILS = rules.add(
    "concertim:health:details",
    base.ADMIN,
    "See the details of a failing health check: hosts, users, and the "
    "errors of jobs. Everybody may see that it fails.",
    "GET /healthcheck",
)
