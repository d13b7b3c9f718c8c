"""Who may see the jobs of the agents, and ask for a run."""

from concertim_api.policies import base

rules = base.Rules()

LIST = rules.add(
    "concertim:jobs:list",
    base.ADMIN,
    "List and show the jobs of the agents, with their outcomes.",
    "GET /v1/jobs",
    "GET /v1/jobs/{job_name}",
)
RUN = rules.add(
    "concertim:jobs:run",
    base.ADMIN,
    "Ask for a job to run now. The run may accept deletions without a "
    "bound: resources that a sync does not find, objects of the front "
    "end that a push does not want.",
    "POST /v1/jobs/{job_name}/run",
)
