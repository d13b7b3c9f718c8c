"""openstack concertim dead letter ..."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from concertim_api.client import errors
from concertim_api.osc import moments, options
from concertim_api.osc.cells import Column, Message, Moment, plain
from concertim_api.osc.commands import Command, Listing, PagedListing, Showing
from concertim_api.osc.options import Option, Parameter

COLUMNS = (
    Column("id"),
    Column("received_at", Moment),
    *plain("event_type", "error", "attempts"),
    *plain("region", "publisher_id", "message_id", long=True),
)


class _Only(Parameter):
    """What the letters have in common; nothing, if it is empty."""

    def values(
        self, caller: options.Caller, args: argparse.Namespace
    ) -> dict[str, Any]:
        values = super().values(caller, args)
        return {name: value for name, value in values.items() if value}


IDS = Option("id", nargs="*", metavar="<id>", help="Ids of dead letters.")

WHICH = (
    _Only(
        "--event-type",
        metavar="<event-type>",
        help="Only notifications of this type.",
    ),
    _Only("--region", metavar="<region>", help="Only those of this region."),
)

ALL = Option("--all", action="store_true", help="All that there are.")


class ListDeadLetter(PagedListing):
    """List notifications that could not be understood or stored."""

    columns = COLUMNS
    request = "dead_letters.list"
    arguments = (*WHICH, *options.page())


class ShowDeadLetter(Showing):
    """Show a dead letter with its message."""

    columns = (*COLUMNS, Column("message", Message))
    request = "dead_letters.get"
    arguments = options.by_id("a dead letter")


class ReplayDeadLetter(Listing):
    """Try dead letters again, after what they failed of was repaired."""

    columns = plain("id", "outcome", "reason")
    request = "dead_letters.list"
    arguments = (IDS, *WHICH, ALL)

    def take_action(self, args: argparse.Namespace) -> Any:
        ids = _chosen(args, self.values(args))
        if not ids:
            ids = [str(letter["id"]) for letter in self.send(args)]
        return self.shown(args, map(self._replay, ids))

    def _replay(self, letter_id: str) -> dict[str, Any]:
        """Return what became of a letter; the command has failed if it is
        still dead."""
        try:
            answer = self.client.dead_letters.replay(letter_id)
        except errors.Conflict as failure:
            self.failed = True
            return {"id": letter_id, "outcome": "dead", "reason": str(failure)}
        return {"id": letter_id, "outcome": answer["outcome"]}


class PurgeDeadLetter(Command):
    """Delete dead letters for good."""

    request = "dead_letters.purge"
    arguments = (
        IDS,
        *WHICH,
        Parameter(
            "--before",
            type=moments.moment_option,
            metavar="<time>",
            help=f"Only those received before: {moments.FORMS} (UTC).",
        ),
        ALL,
        Option("--yes", action="store_true", help="Do not ask before."),
    )

    def take_action(self, args: argparse.Namespace) -> None:
        ids = _chosen(args, self.values(args))
        if not args.yes and not self._confirmed(ids):
            raise ValueError("nothing was purged")
        for letter_id in ids:
            self.client.dead_letters.delete(letter_id)
        purged = len(ids) or self.send(args, everything=args.all)
        self.app.stdout.write(f"{purged} purged\n")

    def _confirmed(self, ids: list[str]) -> bool:
        if not self.app.stdin.isatty():
            raise ValueError("nobody to ask: say --yes")
        what = f"{len(ids)} dead letters" if ids else "all that match"
        self.note(f"Purge {what}? There is no way back. [y/N]")
        return self.app.stdin.readline().strip().lower() in ("y", "yes")


def _chosen(
    args: argparse.Namespace, conditions: Mapping[str, Any]
) -> list[str]:
    """Return the ids that were given; raise if nothing was chosen at all,
    or in two ways at once."""
    conditional = args.all or any(conditions.values())
    if args.id and conditional:
        raise ValueError("either ids or conditions, not both")
    if not args.id and not conditional:
        raise ValueError("say which: ids, conditions, or --all")
    return list(args.id)
