"""openstack concertim push ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.client import errors
from concertim_api.client.jobs import PUSH
from concertim_api.osc import options, outcomes, waiting
from concertim_api.osc.cells import Column, Moment, elapsed, plain
from concertim_api.osc.commands import (
    Command,
    Item,
    Listing,
    PagedListing,
    Showing,
)
from concertim_api.osc.options import Option, Parameter

COLUMNS = (
    *plain("id", "noun", "name", "state", "error", "attempts"),
    Column("due_at", Moment),
    Column("pushed_at", Moment, long=True),
    *plain("region", "resource_id", "foreign_id", long=True),
)

ASKED = (*plain("name", "state", "agent"), Column("finished_at", Moment))


class ListPush(PagedListing):
    """List what is pushed to the front end, and how that stands."""

    columns = COLUMNS
    request = "pushes.list"
    arguments = (
        options.state("failing,refused", "what failed, or was refused"),
        *options.conditions("noun", "region", "name"),
        options.RESOURCE_ID,
        *options.page(),
    )


class ShowPush(Showing):
    """Show a push, and what keeps it from the front end."""

    columns = COLUMNS
    request = "pushes.get"
    arguments = options.by_id("a push")


class RetryPush(Listing):
    """Have pushes tried again now, and not when their waits are over."""

    columns = COLUMNS
    arguments = (
        Option("id", nargs="*", metavar="<id>", help="Ids of pushes."),
        Option(
            "--all",
            action="store_true",
            help="All that failed, were refused or are kept.",
        ),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        if args.id and args.all:
            raise ValueError("either ids or --all, not both")
        if not args.id and not args.all:
            raise ValueError("say which: ids, or --all")
        if args.id:
            rows = [self.client.pushes.retry(push_id) for push_id in args.id]
            if any(row["state"] == "refused" for row in rows):
                self.note("Refused again unless confirmed: push run --help")
            return self.shown(args, rows)
        job = _run(self, retry=True)
        row = {"job": job["name"], "state": job["state"]}
        return self.shown(args, [row], [*map(Column, row)])


class RunPush(Showing):
    """Have the agent push now what is due."""

    columns = plain("outcome", "error", *outcomes.PUSHED)
    arguments = (
        Parameter(
            "--accept-deletes",
            action="store_true",
            default=None,
            help="Delete what the view does not show any more, however much "
            "it is. Without it, so much is refused that the cloud did not "
            "report as gone.",
        ),
        Parameter(
            "--retry",
            action="store_true",
            default=None,
            help="Try again, too, what failed, was refused or is kept, "
            "though its wait is not over.",
        ),
        Parameter(
            "--survey",
            action="store_true",
            default=None,
            help="First ask the front end for all that it holds: what was "
            "changed or lost there is put right.",
        ),
        *waiting.options("push"),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        waiting.check(args)
        job = _run(self, **self.values(args))
        if not args.wait:
            return self.shown(args, job, ASKED)
        return self.shown(args, self._finished(job, args.timeout))

    def _finished(self, before: Item, timeout: float | None) -> Item:
        """Return what the push did since it was asked for.

        It has failed if something was not pushed, or must be confirmed.
        """
        job = waiting.finished(self, before, timeout)
        took = elapsed(job["duration"] or 0)
        self.note(f"{job['name']}: {job['outcome']}, in {took}")
        if before["agent"] not in (None, job["agent"]):
            self.note(f"Another agent: all that {job['agent']} ever did.")
        done = outcomes.between(before, job)
        wrong = done.get("failed", 0) + done.get("refused", 0)
        self.failed = job["outcome"] != "done" or wrong > 0
        if wrong:
            self.note("Why: openstack concertim push list --failing")
        if any(self.client.pushes.list(state="waiting", limit=1)):
            self.note("More is waiting for its turn.")
        return {**job, **done}


def _run(command: Command, **how: bool | None) -> Item:
    """Ask for the push; return its job, as it is before."""
    try:
        job: Item = command.client.jobs.run(PUSH, **how)
    except errors.NotFound:
        raise ValueError(
            "nothing is pushed: no concertim-agent with a [frontend] has run"
        ) from None
    return job
