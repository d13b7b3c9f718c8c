"""Who may see what the whole cloud has."""

from concertim_api.policies import base

SHOW = "concertim:statistics:show"
AS_SERVICE = "concertim:statistics:as_service"

rules = [
    base.rule(
        "statistics:show",
        base.ADMIN,
        "See what the hypervisors of a region have, and what of it is used.",
        "GET /v1/statistics",
    ),
    base.rule(
        "statistics:as_service",
        base.NOBODY,
        "Be shown the statistics with the service's own credentials, not "
        "with the caller's token: for Nova tells of hypervisors to "
        "administrators only. To let readers of any project see them, give "
        "this rule and statistics:show the same check, such as "
        "rule:project_reader. The sums are all that they see.",
        "GET /v1/statistics",
    ),
]
