"""openstack concertim region ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc.cells import Column, Moment
from concertim_api.osc.commands import Listing


class ListRegion(Listing):
    """List the regions that report, and when each was last heard of."""

    columns = (
        Column("name"),
        Column("resources"),
        Column("newest_observation", Moment),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        return self.shown(args, self.client.regions.list())
