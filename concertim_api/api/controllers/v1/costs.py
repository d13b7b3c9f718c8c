"""/v1/costs"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.controllers.v1 import charges
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import costs as policies
from concertim_api.services.billing.costs import (
    DEFAULT_GROUP,
    GROUPS,
    CostReport,
    Costs,
)
from concertim_api.services.common.listing import Filter
from concertim_api.services.ledger.ports import Window


class CostTotal(types.Representation):
    """What a group costs, with the fields of group_by."""

    project_id = types.text
    rack_id = types.text
    rack_name = types.text
    resource_id = types.text
    name = types.text
    kind = types.text
    type = types.text
    state = types.text
    region = types.text
    unit = types.text
    rule = types.text
    day = types.day
    amount = types.quantity
    unpriced_hours = types.quantity
    unsettled_amount = types.quantity


class CostList(types.List):
    costs = [CostTotal]
    start = types.time
    end = types.time
    currency = types.text
    amount = types.quantity
    unpriced_hours = types.quantity
    unsettled_amount = types.quantity


class CostsController(Controller):
    def __init__(self, costs: Costs) -> None:
        self._costs = costs

    @expose(
        CostList,
        policy=policies.SHOW,
        since="1.4",
        filters=charges.FILTERS,
        query={
            "start": types.time,
            "end": types.time,
            "group_by": types.Words(*GROUPS),
        },
    )
    def get_all(
        self,
        context: Context,
        filters: Sequence[Filter] = (),
        start: datetime | None = None,
        end: datetime | None = None,
        group_by: Sequence[str] = DEFAULT_GROUP,
    ) -> CostReport:
        """Add up what usage costs within a window.

        start is mandatory. end is now by default, and never later. Without
        group_by, costs are grouped by project_id.
        """
        scope = context.scope(policies.SHOW_ALL)
        return self._costs.report(scope, filters, Window(start, end), group_by)
