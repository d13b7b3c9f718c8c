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
    printable,
)
from concertim_api.osc.commands import Command, Item, Listing

ASKED = (
    Column("region"),
    Column("state"),
    Column("agent", long=True),
    Column("finished_at", Moment, long=True),
)


KINDS = (
    Column("region"),
    Column("kind"),
    Column("listed"),
    *(Column(name) for name in outcomes.NEWS),
    Column("unchanged", long=True),
    Column("refused"),
    Column("left_out", outcomes.LeftOut),
    Column("error"),
)


class RunSync(Listing):
    """Have the cloud listed now, and what is known compared with it."""

    columns = KINDS

    _failed = False

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_region(parser)
        parser.add_argument(
            "--kind",
            type=_names,
            action="extend",
            metavar="<kind>[,...]",
            help="List only these kinds of resources; without it, all.",
        )
        parser.add_argument(
            "--accept-deletes",
            action="store_true",
            help="Believe that what is not listed is gone, however much it "
            "is. Without it, a listing that lacks too much is reported, and "
            "nothing is concluded from what it lacks.",
        )
        waiting.add_options(parser, "sync")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        waiting.check(args)
        jobs = _syncs(self, args.region)
        if not jobs:
            raise ValueError("no region is synced: no concertim-agent has run")
        asked = [
            self.client.jobs.run(
                job["name"],
                accept_deletes=args.accept_deletes or None,
                kinds=args.kind,
            )
            for job in jobs
        ]
        if not args.wait:
            return self.shown(args, map(outcomes.placed, asked), ASKED)
        done = [self._finished(job, args.timeout) for job in asked]
        rows = [row for job in done for row in outcomes.by_kind(job)]
        return self.shown(args, rows)

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Return 1 if it was waited for, and a kind could not be listed or
        lacked too much."""
        status = super().run(parsed_args)
        return status or int(self._failed)

    def _finished(self, asked: Item, timeout: float | None) -> Item:
        job = waiting.finished(self, asked, timeout)
        took = elapsed(job["duration"] or 0)
        self.note(f"{job['name']}: {job['outcome']}, in {took}")
        if outcomes.in_vain(job):
            self._failed = True
            self.note(printable(job["error"] or "more is missing than may be"))
        return job


class ShowSync(Listing):
    """Show when each region was last synced, and what it came to."""

    columns = (
        Column("region"),
        Column("state"),
        Column("outcome"),
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

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_region(parser)
        return parser

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


def _add_region(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--region",
        metavar="<region>",
        help="Only this region; without it, all.",
    )


def _names(text: str) -> list[str]:
    return text.split(",")
