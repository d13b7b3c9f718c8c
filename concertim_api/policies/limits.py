"""Who may see the limits of the caller's project."""

from concertim_api.policies import base

LIST = "concertim:limits:list"

rules = [
    base.rule(
        LIST,
        base.READER,
        "See the limits of the caller's project, and their use. "
        "The cloud is asked with the caller's token.",
        "GET /v1/limits",
    ),
]
