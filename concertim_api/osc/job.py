"""openstack concertim job ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc.cells import Column, ShortDuration, Text, named
from concertim_api.osc.commands import ListCommand, ShowCommand
from concertim_api.osc.options import Parameter

COLUMNS = named(
    "name state outcome finished_at age duration interval next_at error",
    long="started_at agent summary",
    duration=ShortDuration,
)


class Overdue(Text):
    """Whether a job is overdue; nothing, if it is not."""

    def human_readable(self) -> str:
        return "overdue" if self._value else ""


class ListJob(ListCommand):
    """List the jobs of the agent, and the outcome of their last runs."""

    columns = (*COLUMNS, Column("overdue", Overdue))
    minor = "duration interval finished_at state"
    request = "jobs.list"

    def send(self, args: argparse.Namespace, **values: Any) -> Any:
        return super().send(args, microversion="1.2", **values)


class ShowJob(ShowCommand):
    """Show a job of the agent, and the outcome of its last run."""

    columns = COLUMNS
    request = "jobs.get"
    arguments = (
        Parameter(
            "name",
            field="thing_id",
            help="Name of a job: view, refresh, push, sync:<region>, "
            "changes:<region>.",
        ),
    )
