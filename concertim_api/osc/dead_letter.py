"""openstack concertim dead letter ..."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from concertim_api.client import errors
from concertim_api.osc import confirmation, options
from concertim_api.osc.cells import named
from concertim_api.osc.commands import (
    Command,
    ListCommand,
    PagedListCommand,
    ShowCommand,
)
from concertim_api.osc.options import Option, Parameter

COLUMNS = named(
    "id received_at event_type error attempts",
    long="region publisher_id message_id",
)


def _filter(text: str) -> str | None:
    """Return the value of a filter; an empty one is none."""
    return text or None


IDS = Option("id", nargs="*", help="Ids of dead letters.")

FILTERS = (
    Parameter(
        "--event-type", type=_filter, help="Only notifications of this type."
    ),
    Parameter(
        "--region", type=_filter, help="Only dead letters of this region."
    ),
)

ALL = Option.flag("--all", "All dead letters.")


class ListDeadLetter(PagedListCommand):
    """List notifications that could not be understood or stored."""

    columns = COLUMNS
    request = "dead_letters.list"
    arguments = (*FILTERS, *options.page())


class ShowDeadLetter(ShowCommand):
    """Show a dead letter with its message."""

    columns = (*COLUMNS, *named("origin message"))
    request = "dead_letters.get"
    arguments = options.id_only("a dead letter")

    def send(self, args: argparse.Namespace, **values: Any) -> Any:
        return super().send(args, microversion="1.3", **values)


class ReplayDeadLetter(ListCommand):
    """Replay dead letters, after the cause was repaired."""

    columns = named("id outcome reason")
    request = "dead_letters.list"
    arguments = (IDS, *FILTERS, ALL)

    def take_action(self, args: argparse.Namespace) -> Any:
        ids = _chosen_ids(args, self.values(args))
        if not ids:
            ids = [str(letter["id"]) for letter in self.send(args)]
        return self.output(args, map(self._replay, ids))

    def _replay(self, letter_id: str) -> dict[str, Any]:
        """Return the outcome of a letter; if it is dead, the command fails."""
        try:
            answer = self.client.dead_letters.replay(letter_id)
        except errors.Conflict as error:
            self.has_failed = True
            return {"id": letter_id, "outcome": "dead", "reason": str(error)}
        return {"id": letter_id, "outcome": answer["outcome"]}


class PurgeDeadLetter(Command):
    """Delete dead letters for good."""

    request = "dead_letters.purge"
    arguments = (
        IDS,
        *FILTERS,
        options.Time("--before", "Only dead letters received before"),
        ALL,
        Option.flag(
            "--yes", "Delete without a question. A script needs this option."
        ),
    )

    def take_action(self, args: argparse.Namespace) -> None:
        ids = _chosen_ids(args, self.values(args))
        if not args.yes and not self.app.stdin.isatty():
            raise ValueError("nobody to ask: say --yes")
        letters = f"{len(ids)} dead letters" if ids else "all that match"
        confirmation.confirm(self, args, f"Purge {letters}?")
        for letter_id in ids:
            self.client.dead_letters.delete(letter_id)
        count = len(ids) or self.send(args, everything=args.all)
        self.app.stdout.write(f"{count} purged\n")


def _chosen_ids(
    args: argparse.Namespace, conditions: Mapping[str, Any]
) -> list[str]:
    """Return the ids of the command line.

    Raises ValueError if there are neither ids nor conditions, or both.
    """
    conditional = args.all or any(conditions.values())
    if args.id and conditional:
        raise ValueError("either ids or conditions, not both")
    if not args.id and not conditional:
        raise ValueError("say which: ids, conditions, or --all")
    return list(args.id)
