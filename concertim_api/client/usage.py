"""Totals of usage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from concertim_api.client.collection import Manager
from concertim_api.client.http import rows_of

_COUNTS = ("resources", "seconds")
AMOUNTS = ("hours", "vcpu_hours", "ram_gib_hours", "disk_gb_hours")


class Totals(NamedTuple):
    """Totals of the window [start, end), one row for each group.

    A row has the fields of its group, ``resources`` and ``seconds`` as
    whole numbers, and ``hours``, ``vcpu_hours``, ``ram_gib_hours`` and
    ``disk_gb_hours`` as Decimals.
    """

    rows: Sequence[Mapping[str, Any]]
    start: str
    end: str


class Usage(Manager):
    """Usage, as totals."""

    nouns = "usage"

    def get(
        self,
        *,
        start: datetime,
        end: datetime | None = None,
        group_by: Sequence[str] | None = None,
        **filters: Any,
    ) -> Totals:
        """Return the usage within [start, end), until now at most.

        ``group_by``: any of project_id, kind, type, state, region, day.
        Filters are those of the periods.
        """
        groups = None if group_by is None else ",".join(group_by)
        answer = self._get(start=start, end=end, group_by=groups, **filters)
        rows = [_exact(row) for row in rows_of(answer, self.nouns)]
        return Totals(rows, answer["start"], answer["end"])


def _exact(row: Mapping[str, Any]) -> Mapping[str, Any]:
    counts = {name: int(row[name]) for name in _COUNTS}
    amounts = {name: Decimal(row[name]) for name in AMOUNTS}
    return {**row, **counts, **amounts}
