"""openstack concertim dead letter ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.client import errors
from concertim_api.osc import moments, options
from concertim_api.osc.cells import Column, Message, Moment
from concertim_api.osc.commands import Command, Listing, PagedListing, Showing

COLUMNS = (
    Column("id"),
    Column("received_at", Moment),
    Column("event_type"),
    Column("error"),
    Column("attempts"),
    Column("region", long=True),
    Column("publisher_id", long=True),
    Column("message_id", long=True),
)


class ListDeadLetter(PagedListing):
    """List notifications that could not be understood or stored."""

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_which(parser)
        options.add_page(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        letters = self.client.dead_letters.list(
            **_which(args), **options.page(args)
        )
        return self.paged(args, letters)


class ShowDeadLetter(Showing):
    """Show a dead letter with its message."""

    columns = (*COLUMNS, Column("message", Message))

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("id", metavar="<id>", help="Id of a dead letter.")
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.shown(args, self.client.dead_letters.get(args.id))


class ReplayDeadLetter(Listing):
    """Try dead letters again, after what they failed of was repaired."""

    columns = (Column("id"), Column("outcome"), Column("reason"))

    _dead = 0

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_ids(parser)
        _add_which(parser)
        parser.add_argument(
            "--all", action="store_true", help="All that there are."
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        ids = _chosen(args) or self._all(args)
        return self.shown(args, map(self._replay, ids))

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Return 1 if one of them is still dead."""
        status = super().run(parsed_args)
        return status or int(self._dead > 0)

    def _all(self, args: argparse.Namespace) -> list[str]:
        letters = self.client.dead_letters.list(**_which(args))
        return [str(letter["id"]) for letter in letters]

    def _replay(self, letter_id: str) -> dict[str, Any]:
        try:
            told = self.client.dead_letters.replay(letter_id)
        except errors.Conflict as failure:
            self._dead += 1
            return {"id": letter_id, "outcome": "dead", "reason": str(failure)}
        return {"id": letter_id, "outcome": told["outcome"]}


class PurgeDeadLetter(Command):
    """Delete dead letters for good."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_ids(parser)
        _add_which(parser)
        parser.add_argument(
            "--before",
            type=moments.moment_option,
            metavar="<time>",
            help=f"Only those received before: {moments.FORMS} (UTC).",
        )
        parser.add_argument(
            "--all", action="store_true", help="All that there are."
        )
        parser.add_argument(
            "--yes", action="store_true", help="Do not ask before."
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> None:
        ids = _chosen(args)
        if not args.yes and not self._confirmed(ids):
            raise ValueError("nothing was purged")
        if ids:
            for letter_id in ids:
                self.client.dead_letters.delete(letter_id)
            purged = len(ids)
        else:
            purged = self.client.dead_letters.purge(
                before=args.before, everything=args.all, **_which(args)
            )
        self.app.stdout.write(f"{purged} purged\n")

    def _confirmed(self, ids: list[str]) -> bool:
        if not self.app.stdin.isatty():
            raise ValueError("nobody to ask: say --yes")
        what = f"{len(ids)} dead letters" if ids else "all that match"
        self.note(f"Purge {what}? There is no way back. [y/N]")
        return self.app.stdin.readline().strip().lower() in ("y", "yes")


def _add_ids(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "id", nargs="*", metavar="<id>", help="Ids of dead letters."
    )


def _add_which(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--event-type",
        metavar="<event-type>",
        help="Only notifications of this type.",
    )
    parser.add_argument(
        "--region", metavar="<region>", help="Only those of this region."
    )


def _which(args: argparse.Namespace) -> dict[str, str]:
    asked = {"event_type": args.event_type, "region": args.region}
    return {name: value for name, value in asked.items() if value}


def _chosen(args: argparse.Namespace) -> list[str]:
    """Return the ids that were given; raise if nothing was chosen at all,
    or in two ways at once."""
    conditions = bool(
        _which(args) or args.all or getattr(args, "before", None)
    )
    if args.id and conditions:
        raise ValueError("either ids or conditions, not both")
    if not args.id and not conditions:
        raise ValueError("say which: ids, conditions, or --all")
    return list(args.id)
