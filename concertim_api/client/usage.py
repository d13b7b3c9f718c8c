"""Totals of usage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from concertim_api.client.collection import Manager
from concertim_api.client.http import query, rows_of

#: The first microversion with measures.
_MEASURES = "1.1"

_COUNTS = ("resources", "seconds")
AMOUNTS = ("hours", "vcpu_hours", "ram_gib_hours", "disk_gb_hours")


class Totals(NamedTuple):
    """Totals of the window [start, end), one row for each group.

    A row has the fields of its group, ``resources`` and ``seconds`` as
    whole numbers, and ``hours``, ``vcpu_hours``, ``ram_gib_hours``,
    ``disk_gb_hours`` and the hours of measures as Decimals.
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
        measures: Sequence[str] = (),
        **filters: Any,
    ) -> Totals:
        """Return the usage within [start, end), until now at most.

        ``group_by``: any of project_id, kind, type, state, region, day.
        ``measures``: of each, as in ``gpu=extra_spec:resources:VGPU``, a row
        has the hours, in ``gpu_hours``; they need microversion 1.1, whatever
        the client's is. Filters are those of the periods.
        """
        groups = None if group_by is None else ",".join(group_by)
        answer = self._http.get(
            self._path(),
            {
                **query(start=start, end=end, group_by=groups, **filters),
                "measure": measures,
            },
            _MEASURES if measures else None,
        )
        rows = [_exact(row) for row in rows_of(answer, self.nouns)]
        return Totals(rows, answer["start"], answer["end"])


def _exact(row: Mapping[str, Any]) -> Mapping[str, Any]:
    counts = {name: int(row[name]) for name in _COUNTS}
    amounts = {
        name: Decimal(value)
        for name, value in row.items()
        if name.endswith("hours")
    }
    return {**row, **counts, **amounts}
