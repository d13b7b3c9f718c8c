"""openstack concertim push ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.client import errors
from concertim_api.client.jobs import PUSH
from concertim_api.osc import options, outcomes, waiting
from concertim_api.osc.cells import Column, Moment, elapsed
from concertim_api.osc.commands import (
    Command,
    Item,
    Listing,
    PagedListing,
    Showing,
)

COLUMNS = (
    Column("id"),
    Column("noun"),
    Column("name"),
    Column("state"),
    Column("error"),
    Column("attempts"),
    Column("due_at", Moment),
    Column("pushed_at", Moment, long=True),
    Column("region", long=True),
    Column("resource_id", long=True),
    Column("foreign_id", long=True),
)

ASKED = (
    Column("name"),
    Column("state"),
    Column("agent"),
    Column("finished_at", Moment),
)

_CONDITIONS = ("noun", "region", "name")

#: The states in which a person may have to act.
_FAILING = "failing,refused"


class ListPush(PagedListing):
    """List what is pushed to the front end, and how that stands."""

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        group = parser.add_mutually_exclusive_group()
        options.add_conditions(group, "state")
        group.add_argument(
            "--failing",
            dest="state",
            action="store_const",
            const=_FAILING,
            help="Only what needs a look: what failed, or was refused.",
        )
        options.add_conditions(parser, *_CONDITIONS)
        options.add_resource_id(parser)
        options.add_page(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        pushes = self.client.pushes.list(
            resource_id=args.resource,
            **options.conditions(args, "state", *_CONDITIONS),
            **options.page(args),
        )
        return self.paged(args, pushes)


class ShowPush(Showing):
    """Show a push, and what keeps it from the front end."""

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("id", metavar="<id>", help="Id of a push.")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.shown(args, self.client.pushes.get(args.id))


class RetryPush(Listing):
    """Have pushes tried again now, and not when their waits are over."""

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "id", nargs="*", metavar="<id>", help="Ids of pushes."
        )
        parser.add_argument(
            "--all",
            action="store_true",
            help="All that failed, were refused or are kept.",
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        if args.id and args.all:
            raise ValueError("either ids or --all, not both")
        if not args.id and not args.all:
            raise ValueError("say which: ids, or --all")
        if args.id:
            rows = [self.client.pushes.retry(one) for one in args.id]
            if any(row["state"] == "refused" for row in rows):
                self.note("Refused again unless confirmed: push run --help")
            return self.shown(args, rows)
        asked = _run(self, retry=True)
        row = {"job": asked["name"], "state": asked["state"]}
        return self.shown(args, [row], [*map(Column, row)])


class RunPush(Showing):
    """Have the agent push now what is due."""

    columns = (
        Column("outcome"),
        Column("error"),
        *(Column(name) for name in outcomes.PUSHED),
    )

    _failed = False

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--accept-deletes",
            action="store_true",
            help="Delete what the view does not show any more, however much "
            "it is. Without it, so much is refused that the cloud did not "
            "report as gone.",
        )
        parser.add_argument(
            "--retry",
            action="store_true",
            help="Try again, too, what failed, was refused or is kept, "
            "though its wait is not over.",
        )
        parser.add_argument(
            "--survey",
            action="store_true",
            help="First ask the front end for all that it holds: what was "
            "changed or lost there is put right.",
        )
        waiting.add_options(parser, "push")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        waiting.check(args)
        asked = _run(
            self,
            accept_deletes=args.accept_deletes or None,
            retry=args.retry or None,
            survey=args.survey or None,
        )
        if not args.wait:
            return self.shown(args, asked, ASKED)
        return self.shown(args, self._finished(asked, args.timeout))

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Return 1 if it was waited for, and something was not pushed or
        must be confirmed."""
        status = super().run(parsed_args)
        return status or int(self._failed)

    def _finished(self, asked: Item, timeout: float | None) -> Item:
        """Return what the push did since it was asked for."""
        job = waiting.finished(self, asked, timeout)
        took = elapsed(job["duration"] or 0)
        self.note(f"{job['name']}: {job['outcome']}, in {took}")
        if asked["agent"] not in (None, job["agent"]):
            self.note(f"Another agent: all that {job['agent']} ever did.")
        done = outcomes.between(asked, job)
        wrong = done.get("failed", 0) + done.get("refused", 0)
        self._failed = job["outcome"] != "done" or wrong > 0
        if wrong:
            self.note("Why: openstack concertim push list --failing")
        if any(self.client.pushes.list(state="waiting", limit=1)):
            self.note("More is waiting for its turn.")
        return {**job, **done}


def _run(command: Command, **asked: bool | None) -> Item:
    """Ask for the push; return its job, as it is before."""
    try:
        job: Item = command.client.jobs.run(PUSH, **asked)
    except errors.NotFound:
        raise ValueError(
            "nothing is pushed: no concertim-agent with a [frontend] has run"
        ) from None
    return job
