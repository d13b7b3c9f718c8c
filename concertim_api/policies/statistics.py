"""Who may see the statistics of the cloud."""

from concertim_api.policies import base

rules = base.Rules()

SHOW = rules.add(
    "concertim:statistics:show",
    base.ADMIN,
    "See the capacity of a region's hypervisors, and its use.",
    "GET /v1/statistics",
)
AS_SERVICE = rules.add(
    "concertim:statistics:as_service",
    base.NOBODY,
    "See the statistics by the service's own credentials, not by the "
    "caller's token: Nova shows hypervisors to administrators only. To "
    "let readers of any project see them, give this rule and "
    "statistics:show the same check, such as rule:project_reader. They "
    "see only the sums.",
    "GET /v1/statistics",
)
