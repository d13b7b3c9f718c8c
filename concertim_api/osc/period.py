"""openstack concertim period ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc import options, timeline
from concertim_api.osc.cells import Column, Duration, End, Moment, texts
from concertim_api.osc.commands import PagedListCommand


class ListPeriod(PagedListCommand):
    """List usage periods: who held what, and from when to when."""

    columns = (
        Column("start", Moment),
        Column("end", End),
        Column("duration", Duration),
        *texts("project", "kind", "name", "type", "state", "resource_id"),
        *texts("project_id", "region", long=True),
        *texts("vcpus", "ram_mb", "disk_gb", "id", long=True),
    )
    request = "periods.list"
    arguments = (
        options.Scope(),
        options.Window(),
        options.Parameter(
            "--clip",
            action="store_true",
            default=None,
            help="Cut periods to the window.",
        ),
        *options.FILTERS,
        options.RESOURCE_ID,
        options.RUNNING,
        *options.page(sort="start, end, id"),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.output_page(args, self.send(args), timeline.with_duration)
