"""Costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from concertim_api.client.collection import Manager
from concertim_api.client.http import rows_of

_AMOUNTS = ("amount", "unpriced_hours", "unsettled_amount")


class CostTotals(NamedTuple):
    """What the usage of the window [start, end) costs, by group.

    A row has the fields of its group, and ``amount``, ``unpriced_hours`` and
    ``unsettled_amount`` as Decimals; those of all rows are here. ``currency``
    None: there is no tariff.
    """

    rows: Sequence[Mapping[str, Any]]
    start: str
    end: str
    currency: str | None
    amount: Decimal
    unpriced_hours: Decimal
    unsettled_amount: Decimal


class Costs(Manager):
    """Costs, as totals."""

    nouns = "costs"
    since = "1.4"

    def get(
        self,
        *,
        start: datetime,
        end: datetime | None = None,
        group_by: Sequence[str] | None = None,
        **filters: Any,
    ) -> CostTotals:
        """Return the costs within [start, end), until now at most.

        ``group_by``: any of project_id, rack_id, resource_id, kind, type,
        state, region, unit, rule, day. Filters are those of the charges.
        """
        groups = None if group_by is None else ",".join(group_by)
        answer = self._get(start=start, end=end, group_by=groups, **filters)
        exact = {name: Decimal(answer[name]) for name in _AMOUNTS}
        return CostTotals(
            [
                {**row, **{name: Decimal(row[name]) for name in _AMOUNTS}}
                for row in rows_of(answer, self.nouns)
            ],
            answer["start"],
            answer["end"],
            answer["currency"],
            **exact,
        )
