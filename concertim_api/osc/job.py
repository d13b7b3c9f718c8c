"""openstack concertim job ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc.cells import Attributes, Column, Elapsed, Moment
from concertim_api.osc.commands import Listing, Showing

COLUMNS = (
    Column("name"),
    Column("state"),
    Column("outcome"),
    Column("finished_at", Moment),
    Column("age", Elapsed),
    Column("duration", Elapsed),
    Column("interval", Elapsed),
    Column("next_at", Moment),
    Column("error"),
    Column("started_at", Moment, long=True),
    Column("agent", long=True),
    Column("summary", Attributes, long=True),
)


class ListJob(Listing):
    """List what the agent does again and again, and how it last went."""

    columns = COLUMNS

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.shown(args, self.client.jobs.list())


class ShowJob(Showing):
    """Show a job of the agent, and what its last run came to."""

    columns = COLUMNS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "name",
            metavar="<name>",
            help="Name of a job: view, refresh, push, sync:<region>, "
            "changes:<region>.",
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.shown(args, self.client.jobs.get(args.name))
