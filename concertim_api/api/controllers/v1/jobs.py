"""/v1/jobs"""

from __future__ import annotations

from typing import Any, get_args

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import jobs as policies
from concertim_api.services.common.listing import Page
from concertim_api.services.jobs import jobs as service


class Job(types.Representation):
    """A periodic job of the agents, and its last outcome."""

    name = types.text
    interval = types.number
    agent = types.text
    state = types.Choice(*get_args(service.State))
    outcome = types.text
    started_at = types.time
    finished_at = types.time
    duration = types.number
    age = types.number
    next_at = types.time
    summary = types.attributes
    error = types.prose
    overdue = types.flag

    _added = {"overdue": "1.2"}


class JobList(types.List):
    jobs = [Job]


class JobRun(types.Representation):
    accept_deletes = types.flag
    kinds = types.Several(types.text)
    retry = types.flag
    survey = types.flag


class JobsController(Controller):
    def __init__(self, jobs: service.Jobs) -> None:
        self._jobs = jobs

    @expose(JobList, policy=policies.LIST)
    def get_all(self, context: Context) -> Page:
        """List the jobs of the agents."""
        return self._jobs.list()

    @expose(Job, policy=policies.LIST)
    def get_one(self, context: Context, job_name: str) -> Page:
        """Show a job."""
        return self._jobs.get(job_name)

    @expose(Job, policy=policies.RUN, body=JobRun, status=202)
    def post_run(
        self, context: Context, job_name: str, body: dict[str, Any]
    ) -> Page:
        """Ask for a job to run as soon as an agent can.

        For a sync, kinds limits the kinds that are listed, and accept_deletes
        accepts that all missing resources are gone, however many. For a push,
        accept_deletes deletes what else needs confirmation, retry repeats
        what waits after a failure, and survey lists all that the front end
        has. The answer is the job before it runs.
        """
        return self._jobs.run(job_name, body)
