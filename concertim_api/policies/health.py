"""Who may see why a check of the service's health fails, in detail."""

from concertim_api.policies import base

DETAILS = "concertim:health:details"

rules = [
    base.rule(
        "health:details",
        base.ADMIN,
        "See what a failing check of the service's health is about: hosts, "
        "users, and the errors of jobs. Whether it fails, anybody may see.",
        "GET /healthcheck",
    ),
]
