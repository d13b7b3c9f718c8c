"""/v1/usage"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.controllers.v1 import periods
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import usage as policies
from concertim_api.services.common.listing import Filter
from concertim_api.services.ledger.ports import Window
from concertim_api.services.ledger.usage import (
    DEFAULT_GROUP,
    GROUPS,
    UsageReport,
    UsageTotals,
)


class Total(types.Representation):
    """The usage of one group, with the fields of group_by."""

    project_id = types.text
    kind = types.text
    type = types.text
    state = types.text
    region = types.text
    day = types.day
    resources = types.count
    seconds = types.quantity
    hours = types.quantity
    vcpu_hours = types.quantity
    ram_gib_hours = types.quantity
    disk_gb_hours = types.quantity


class UsageList(types.List):
    usage = [Total]
    start = types.time
    end = types.time


class UsageController(Controller):
    def __init__(self, usage: UsageTotals) -> None:
        self._usage = usage

    @expose(
        UsageList,
        policy=policies.SHOW,
        filters=periods.FILTERS,
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
    ) -> UsageReport:
        """Add up usage within a window.

        start is mandatory. end is now by default, and never later. Without
        group_by, usage is grouped by project_id and kind.
        """
        scope = context.scope(policies.SHOW_ALL)
        return self._usage.report(scope, filters, Window(start, end), group_by)
