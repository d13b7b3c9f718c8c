"""Who may see the jobs of the agents, and ask for a run."""

from concertim_api.policies import base

LIST = "concertim:jobs:list"
RUN = "concertim:jobs:run"

rules = [
    base.rule(
        "jobs:list",
        base.ADMIN,
        "List and show the jobs of the agents, with what came of them.",
        "GET /v1/jobs",
        "GET /v1/jobs/{job_name}",
    ),
    base.rule(
        "jobs:run",
        base.ADMIN,
        "Ask for a job to run now. A sync may be told to believe that what "
        "it does not find is gone, the push to delete as much as there is "
        "to delete.",
        "POST /v1/jobs/{job_name}/run",
    ),
]
