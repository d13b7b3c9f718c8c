"""openstack concertim period ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc import options, timeline
from concertim_api.osc.cells import named
from concertim_api.osc.commands import PagedListCommand


class ListPeriod(PagedListCommand):
    """List periods of usage: who had what, from when to when."""

    columns = named(
        "start end duration project kind name type state resource_id",
        long="project_id region vcpus ram_mb disk_gb id",
    )
    minor = "resource_id duration"
    request = "periods.list"
    arguments = (
        options.Scope(),
        options.Window(),
        options.Parameter.flag("--clip", "Cut periods to the window."),
        *options.FILTERS,
        options.RESOURCE_ID,
        options.RUNNING,
        *options.page(sort="start, end, id"),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        periods = self.send(args)
        return self.output(args, map(timeline.with_duration, periods))
