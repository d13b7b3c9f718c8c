"""openstack concertim sync ..."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from concertim_api.client.jobs import SYNC
from concertim_api.osc import outcomes, waiting
from concertim_api.osc.cells import (
    Column,
    Elapsed,
    Moment,
    elapsed,
    plain,
    printable,
)
from concertim_api.osc.commands import Command, Item, Listing
from concertim_api.osc.options import Option, Parameter

ASKED = (
    *plain("region", "state"),
    Column("agent", long=True),
    Column("finished_at", Moment, long=True),
)

KINDS = (
    *plain("region", "kind", "listed", *outcomes.NEWS),
    Column("unchanged", long=True),
    Column("refused"),
    Column("left_out", outcomes.LeftOut),
    Column("error"),
)

REGION = Option(
    "--region",
    metavar="<region>",
    help="Only this region; without it, all.",
)


def _names(text: str) -> list[str]:
    return text.split(",")


class RunSync(Listing):
    """Have the cloud listed now, and what is known compared with it."""

    columns = KINDS
    arguments = (
        REGION,
        Parameter(
            "--kind",
            field="kinds",
            type=_names,
            action="extend",
            metavar="<kind>[,...]",
            help="List only these kinds of resources; without it, all.",
        ),
        Parameter(
            "--accept-deletes",
            action="store_true",
            default=None,
            help="Believe that what is not listed is gone, however much it "
            "is. Without it, a listing that lacks too much is reported, and "
            "nothing is concluded from what it lacks.",
        ),
        *waiting.options("sync"),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        waiting.check(args)
        jobs = _syncs(self, args.region)
        if not jobs:
            raise ValueError("no region is synced: no concertim-agent has run")
        begun = [
            self.client.jobs.run(job["name"], **self.values(args))
            for job in jobs
        ]
        if not args.wait:
            return self.shown(args, map(outcomes.placed, begun), ASKED)
        finished = [self._finished(job, args.timeout) for job in begun]
        rows = [row for job in finished for row in outcomes.by_kind(job)]
        return self.shown(args, rows)

    def _finished(self, begun: Item, timeout: float | None) -> Item:
        """Return the job once it has finished.

        It has failed if a kind could not be listed, or lacked too much.
        """
        job = waiting.finished(self, begun, timeout)
        took = elapsed(job["duration"] or 0)
        self.note(f"{job['name']}: {job['outcome']}, in {took}")
        if outcomes.in_vain(job):
            self.failed = True
            self.note(printable(job["error"] or "more is missing than may be"))
        return job


class ShowSync(Listing):
    """Show when each region was last synced, and what it came to."""

    columns = (
        *plain("region", "state", "outcome"),
        Column("finished_at", Moment),
        Column("age", Elapsed),
        Column("duration", Elapsed),
        Column("changes", outcomes.Counts),
        Column("left_out", outcomes.LeftOut),
        Column("refused", outcomes.Counts),
        Column("error"),
        Column("next_at", Moment, long=True),
        Column("agent", long=True),
    )
    arguments = (REGION,)

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.shown(
            args, map(outcomes.in_one, _syncs(self, args.region))
        )


def _syncs(command: Command, region: str | None) -> Sequence[Item]:
    """Return the jobs that sync: of one region, or of all."""
    if region:
        return [command.client.jobs.get(SYNC + region)]
    jobs = command.client.jobs.list()
    return [job for job in jobs if job["name"].startswith(SYNC)]
