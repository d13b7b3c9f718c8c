"""openstack concertim operation ..., and what commands that act share."""

from __future__ import annotations

import argparse
import time
from typing import Any

from concertim_api.client.arguments import moment
from concertim_api.osc import moments, options, waiting
from concertim_api.osc.cells import Attributes, Column, Moment, elapsed
from concertim_api.osc.commands import Item, PagedListing, Showing

_CONDITIONS = ("state", "noun", "action", "region")

#: The states in which a person may have to act.
_FAILING = "failed,unsure"


class ListOperation(PagedListing):
    """List what was done in the cloud, the newest first."""

    columns = (
        Column("id"),
        Column("asked_at", Moment),
        Column("noun"),
        Column("action"),
        Column("name"),
        Column("state"),
        Column("error"),
        Column("resource_id", long=True),
        Column("arguments", Attributes, long=True),
        Column("region", long=True),
        Column("project", long=True),
        Column("project_id", long=True),
        Column("user_id", long=True),
        Column("request_id", long=True),
        Column("finished_at", Moment, long=True),
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add_scope(parser)
        options.add_conditions(parser, *_CONDITIONS[1:])
        group = parser.add_mutually_exclusive_group()
        options.add_conditions(group, "state")
        group.add_argument(
            "--failing",
            dest="state",
            action="store_const",
            const=_FAILING,
            help="Only what needs a look: what failed, or is unsure.",
        )
        options.add_resource_id(parser)
        parser.add_argument(
            "--user", metavar="<id>", help="Only what this user asked for."
        )
        parser.add_argument(
            "--since",
            type=moments.moment_option,
            metavar="<time>",
            help=f"Only from this time on: {moments.FORMS} (UTC).",
        )
        options.add_page(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        since = args.since and f"gte:{moment(args.since)}"
        operations = self.client.operations.list(
            resource_id=args.resource,
            user_id=args.user,
            asked_at=since,
            **options.scope(self.client, self.projects, args),
            **options.conditions(args, *_CONDITIONS),
            **options.page(args),
        )
        return self.paged(args, operations)


COLUMNS = (
    *(Column(name) for name in ("id", "noun", "action", "name", "state")),
    Column("error"),
    Column("arguments", Attributes),
    *(Column(name) for name in ("resource_id", "region")),
    *(Column(name) for name in ("project", "project_id")),
    *(Column(name) for name in ("user_id", "request_id")),
    Column("asked_at", Moment),
    Column("finished_at", Moment),
)


class ShowOperation(Showing):
    """Show an operation, and what came of it."""

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("id", metavar="<id>", help="Id of an operation.")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.shown(args, self.client.operations.get(args.id))


class Acting(Showing):
    """Has the cloud do something, and shows the operation."""

    columns = COLUMNS

    _failed = False

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        waiting.add_options(parser, "operation")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        waiting.check(args)
        operation = self.act(args)
        if args.wait:
            operation = self._finished(operation, args.timeout)
        return self.shown(args, operation)

    def act(self, args: argparse.Namespace) -> Item:
        """Ask for it; return the operation."""
        raise NotImplementedError

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Return 1 if it was waited for, and is not done."""
        status = super().run(parsed_args)
        return status or int(self._failed)

    def _finished(self, asked: Item, timeout: float | None) -> Item:
        began = time.monotonic()
        operation = waiting.done(self, asked, timeout)
        self._failed = operation["state"] != "done"
        took = elapsed(time.monotonic() - began)
        what = f"{operation['noun']} {operation['action']}"
        self.note(f"{what}: {operation['state']}, in {took}")
        return operation
