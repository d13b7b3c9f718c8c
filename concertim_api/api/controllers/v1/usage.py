"""/v1/usage"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.controllers.v1 import periods
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.domain.ledger import measures
from concertim_api.domain.ledger.measures import Measure
from concertim_api.policies import usage as policies
from concertim_api.services.common.listing import Filter
from concertim_api.services.ledger.ports import Window
from concertim_api.services.ledger.usage import (
    DEFAULT_GROUP,
    GROUPS,
    UsageReport,
    UsageTotals,
)


class MeasureWord(types.Text):
    """What a measure counts, as in gpu=extra_spec:resources:VGPU."""

    def parse(self, text: str) -> Measure:
        """Return the measure, or raise ValueError."""
        return measures.parse(self.validate(text))

    def schema(self) -> dict[str, Any]:
        """Return the schema of a text that declares a measure."""
        return {**super().schema(), "pattern": f"^{measures.PATTERN}$"}


class Total(types.Representation):
    """The usage of one group, with the fields of group_by and of measure."""

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
            "measure": types.Repeated(MeasureWord(max_length=600), most=10),
        },
        added={"measure": "1.1"},
    )
    def get_all(
        self,
        context: Context,
        filters: Sequence[Filter] = (),
        start: datetime | None = None,
        end: datetime | None = None,
        group_by: Sequence[str] = DEFAULT_GROUP,
        measure: Sequence[Measure] = (),
    ) -> UsageReport:
        """Add up usage within a window.

        start is mandatory. end is now by default, and never later. Without
        group_by, usage is grouped by project_id and kind. Each measure is a
        field more: what flavors have of an extra spec, times hours.
        """
        scope = context.scope(policies.SHOW_ALL)
        window = Window(start, end)
        return self._usage.report(scope, filters, window, group_by, measure)
