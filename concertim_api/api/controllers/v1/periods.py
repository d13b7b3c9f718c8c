"""/v1/periods"""

from __future__ import annotations

from datetime import datetime

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import periods as policies
from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.ledger.periods import Periods
from concertim_api.services.ledger.ports import Window

#: The conditions for periods, and for usage.
FILTERS = {
    **types.texts("project_id", "kind", "resource_id", "region", "state"),
    "type": types.text,
    "running": types.flag,
}


class Period(types.Item):
    """[start, end) in which a resource kept its project and shape."""

    id = types.identifier
    region = types.text
    kind = types.text
    resource_id = types.text
    name = types.text
    project_id = types.text
    start = types.time
    end = types.time
    state = types.text
    type = types.text
    vcpus = types.count
    ram_mb = types.count
    disk_gb = types.count
    shape = types.attributes


class PeriodList(types.List):
    periods = [Period]


class PeriodsController(Controller):
    def __init__(self, periods: Periods) -> None:
        self._periods = periods

    @expose(
        PeriodList,
        policy=policies.LIST,
        filters={**FILTERS, "id": types.identifier},
        sort=("start", "end", "id"),
        query={"start": types.time, "end": types.time, "clip": types.flag},
    )
    def get_all(
        self,
        context: Context,
        listing: Listing,
        start: datetime | None = None,
        end: datetime | None = None,
        clip: bool = False,
    ) -> Page:
        """List usage periods.

        Those that overlap the window [start, end); a missing start or end is
        no bound. With clip=true only the part within the window is shown.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._periods.list(
            scope, listing, Window(start, end), clip=clip
        )

    @expose(Period, policy=policies.LIST, item_id=types.identifier)
    def get_one(self, context: Context, period_id: int) -> Page:
        """Show a usage period."""
        return self._periods.get(context.scope(policies.LIST_ALL), period_id)
