"""Who may see the jobs of the agents, and ask for a run."""

from concertim_api.policies import base

LIST = "concertim:jobs:list"
RUN = "concertim:jobs:run"

rules = [
    base.rule(
        LIST,
        base.ADMIN,
        "List and show the jobs of the agents, with their outcomes.",
        "GET /v1/jobs",
        "GET /v1/jobs/{job_name}",
    ),
    base.rule(
        RUN,
        base.ADMIN,
        "Ask for a job to run now. The run may accept deletions without a "
        "bound: resources that a sync does not find, objects of the front "
        "end that a push does not want.",
        "POST /v1/jobs/{job_name}/run",
    ),
]
