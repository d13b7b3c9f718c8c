"""openstack concertim charge ..."""

from __future__ import annotations

import argparse
from typing import Any

from concertim_api.osc import options
from concertim_api.osc.cells import named
from concertim_api.osc.commands import PagedListCommand
from concertim_api.osc.cost import month_so_far


class ListCharge(PagedListCommand):
    """List what each period of usage costs, and why."""

    columns = named(
        "start end project kind name rule quantity count price "
        "discount_percent amount",
        long="rack_name rack_id resource_id type state region project_id "
        "unit tariff",
    )
    minor = "discount_percent kind project end"
    request = "charges.list"
    arguments = (
        options.Scope(),
        options.Window(),
        *options.FILTERS,
        options.RACK_ID,
        options.RESOURCE_ID,
        *options.page(sort="resource_id, start, amount"),
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        values = month_so_far(self.values(args))
        return self.output(args, self.send(args, **values))
