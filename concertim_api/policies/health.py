"""Who may see the details of a health check."""

from concertim_api.policies import base

DETAILS = "concertim:health:details"

rules = [
    base.rule(
        DETAILS,
        base.ADMIN,
        "See the details of a failing health check: hosts, users, and the "
        "errors of jobs. Everybody may see that it fails.",
        "GET /healthcheck",
    ),
]
