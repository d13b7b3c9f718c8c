"""openstack concertim push ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.client import errors
from concertim_api.client.jobs import PUSH
from concertim_api.osc import options, outcomes, waiting
from concertim_api.osc.cells import Column, named
from concertim_api.osc.commands import (
    Command,
    ListCommand,
    PagedListCommand,
    Row,
    ShowCommand,
)
from concertim_api.osc.options import Option, Parameter

COLUMNS = named(
    "id noun name state error attempts due_at",
    long="pushed_at region resource_id foreign_id",
)

RUN_COLUMNS = named("name state agent finished_at")


class ListPush(PagedListCommand):
    """List pushes to the front end, and their states."""

    columns = COLUMNS
    minor = "attempts"
    request = "pushes.list"
    arguments = (
        options.state("failing,refused", "failing or refused ones"),
        *options.conditions("noun", "region", "name"),
        options.RESOURCE_ID,
        *options.page(),
    )


class ShowPush(ShowCommand):
    """Show a push, and why it is not in the front end."""

    columns = COLUMNS
    request = "pushes.get"
    arguments = options.id_only("a push")


class RetryPush(ListCommand):
    """Try pushes again now, without waiting for the next try."""

    columns = COLUMNS
    arguments = (
        Option("id", nargs="*", help="Ids of pushes."),
        Option.flag(
            "--all", "All pushes that failed, were refused or are kept."
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
            return self.output(args, rows)
        job = _run(self, retry=True)
        row = {"job": job["name"], "state": job["state"]}
        return self.output(args, [row], [*map(Column, row)])


class RunPush(ShowCommand):
    """Push all changes to the front end now."""

    columns = (*named("outcome error"), *map(Column, outcomes.PUSH_COUNTS))
    arguments = (
        Parameter.flag(
            "--accept-deletes",
            "Delete objects that the view no longer shows, however many they "
            "are. Without this option, many deletions that the cloud did "
            "not report are refused.",
        ),
        Parameter.flag(
            "--retry",
            "Also try pushes that failed, were refused or are kept, without "
            "waiting for the next try.",
        ),
        Parameter.flag(
            "--survey",
            "First read all objects of the front end, to correct what was "
            "changed or lost there.",
        ),
        *waiting.options("push"),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        waiting.check(args)
        job = _run(self, **self.values(args))
        if not args.wait:
            return self.output(args, job, RUN_COLUMNS)
        return self.output(args, self._wait(job, args.timeout))

    def _wait(self, before: Row, timeout: float | None) -> Row:
        """Return the job with the counts of its run.

        The command has failed if something was not pushed, or if a person
        must confirm it.
        """
        job = waiting.wait(self, "jobs", before, timeout)
        if before["agent"] not in (None, job["agent"]):
            self.note(f"Another agent: all that {job['agent']} ever did.")
        counts = outcomes.difference(before, job)
        failures = counts["failed"] + counts["refused"]
        self.has_failed = job["outcome"] != "done" or failures > 0
        if failures:
            self.note("Why: openstack concertim push list --failing")
        if any(self.client.pushes.list(state="waiting", limit=1)):
            self.note("More is waiting for its turn.")
        return {**job, **counts}


def _run(command: Command, **options: bool | None) -> Row:
    """Have the agent push; return the job before that run."""
    try:
        job: Row = command.client.jobs.run(PUSH, **options)
    except errors.NotFound:
        raise ValueError(
            "nothing is pushed: no concertim-agent with a [frontend] has run"
        ) from None
    return job
