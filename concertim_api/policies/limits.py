"""Who may see limits: those of the project of one's token."""

from concertim_api.policies import base

LIST = "concertim:limits:list"

rules = [
    base.rule(
        "limits:list",
        base.READER,
        "See the limits of the caller's project, and what of them is used. "
        "The cloud is asked with the caller's token.",
        "GET /v1/limits",
    ),
]
