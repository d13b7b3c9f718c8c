"""openstack concertim sync ..."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from concertim_api.client.jobs import SYNC
from concertim_api.osc import outcomes, waiting
from concertim_api.osc.cells import Column, ShortDuration, named
from concertim_api.osc.commands import Command, ListCommand, Row
from concertim_api.osc.options import Option, Parameter

RUN_COLUMNS = named("region state", long="agent finished_at")

KIND_COLUMNS = (
    *named("region kind listed"),
    *map(Column, outcomes.NEWS),
    Column("unchanged", long=True),
    *named("refused left_out error", left_out=outcomes.Omissions),
)

REGION = Option("--region", help="Only this region; without --region, all.")


def _kinds(text: str) -> list[str]:
    return text.split(",")


class RunSync(ListCommand):
    """Compare the cloud with what is recorded, now."""

    columns = KIND_COLUMNS
    minor = "listed absent"
    arguments = (
        REGION,
        Parameter(
            "--kind",
            field="kinds",
            type=_kinds,
            action="extend",
            metavar="<kind>[,...]",
            help="List only these kinds of resources; without --kind, all.",
        ),
        Parameter.flag(
            "--accept-deletes",
            "Believe that missing resources are gone, however many they are. "
            "Without this option, a listing that lacks too many is "
            "reported, and proves nothing.",
        ),
        *waiting.options("sync"),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        waiting.check(args)
        jobs = _sync_jobs(self, args.region)
        if not jobs:
            raise ValueError("no region is synced: no concertim-agent has run")
        jobs = [
            self.client.jobs.run(job["name"], **self.values(args))
            for job in jobs
        ]
        if not args.wait:
            return self.output(
                args, map(outcomes.with_region, jobs), RUN_COLUMNS
            )
        jobs = [self._wait(job, args.timeout) for job in jobs]
        rows = [row for job in jobs for row in outcomes.kind_rows(job)]
        return self.output(args, rows)

    def _wait(self, run: Row, timeout: float | None) -> Row:
        """Return the job at the end of its run.

        The command has failed if a kind has no listing, or one that lacks
        too much.
        """
        job = waiting.wait(self, "jobs", run, timeout)
        if outcomes.is_incomplete(job):
            self.has_failed = True
            self.note(job["error"] or "more is missing than may be")
        return job


class ShowSync(ListCommand):
    """Show the last sync of each region, and its outcome."""

    columns = named(
        "region state outcome finished_at age duration changes left_out "
        "refused error",
        long="next_at agent",
        duration=ShortDuration,
        changes=outcomes.Counts,
        left_out=outcomes.Omissions,
        refused=outcomes.Counts,
    )
    minor = "duration finished_at state"
    arguments = (REGION,)

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.output(
            args, map(outcomes.summary_row, _sync_jobs(self, args.region))
        )


def _sync_jobs(command: Command, region: str | None) -> Sequence[Row]:
    """Return the jobs that sync one region, or all."""
    if region:
        return [command.client.jobs.get(SYNC + region)]
    jobs = command.client.jobs.list()
    return [job for job in jobs if job["name"].startswith(SYNC)]
