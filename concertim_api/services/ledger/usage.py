"""Usage: the sums of periods within a window. Decimal, never float."""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from concertim_api.domain import errors
from concertim_api.domain.ledger import kinds
from concertim_api.domain.ledger.measures import Measure
from concertim_api.services.common.listing import Computed, Filter, Scope
from concertim_api.services.common.ports import Clock
from concertim_api.services.ledger.archives import check_archive
from concertim_api.services.ledger.periods import check_window
from concertim_api.services.ledger.ports import NameReader, UsageReader, Window
from concertim_api.services.ledger.type_names import Dictionary

#: The fields to group usage by.
GROUPS = ("project_id", "kind", "type", "state", "region", "day")
DEFAULT_GROUP = ("project_id", "kind")

MAX_DAYS = 400
MAX_ROWS = 10_000

#: Rows to add up: a group has one for each size that its resources had.
_MAX_SUMS = 5 * MAX_ROWS


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What a group used. Fields that it is not grouped by are None.

    ``measured``: the hours of each measure.
    """

    project_id: str | None = None
    kind: str | None = None
    type: str | None = None
    state: str | None = None
    region: str | None = None
    day: date | None = None
    resources: int
    seconds: Decimal
    hours: Decimal
    vcpu_hours: Decimal
    ram_gib_hours: Decimal
    disk_gb_hours: Decimal
    measured: tuple[Decimal, ...] = ()


#: The fields that each group has.
AMOUNTS = tuple(
    f.name for f in dc.fields(Total) if f.name not in (*GROUPS, "measured")
)


@dc.dataclass(frozen=True, slots=True)
class UsageReport:
    """Totals within [start, end), and the fields that they have.

    ``computed``: how the fields of the measures are read.
    """

    rows: Sequence[Total]
    fields: tuple[str, ...]
    start: datetime
    end: datetime
    computed: Computed


class UsageTotals:
    def __init__(
        self,
        usage: UsageReader,
        names: NameReader,
        clock: Clock,
        known_kinds: Mapping[str, kinds.Kind],
    ) -> None:
        self._usage = usage
        self._clock = clock
        self._dictionary = Dictionary(names, known_kinds)
        others = (name for name, kind in known_kinds.items() if not kind.used)
        self._unused = Filter("kind", "nin", tuple(others))

    def report(
        self,
        scope: Scope,
        filters: Sequence[Filter],
        window: Window,
        group: Sequence[str] = DEFAULT_GROUP,
        measures: Sequence[Measure] = (),
    ) -> UsageReport:
        """Return what was used within the window, by group.

        The future does not count: the window ends now at the latest. What
        nobody uses, such as a project, counts if its kind is asked for. Each
        measure (``domain.ledger.measures``) is a field more. At most 5
        statements; rows as ``UsageReader.sums`` says. Raises Archived if the
        window reaches into what is archived.
        """
        computed = _computed(measures)
        now = self._clock.now().replace(microsecond=0)
        start, end = _bounds(window, now, by_day="day" in group)
        if not any(condition.field == "kind" for condition in filters):
            filters = (*filters, self._unused)
        filters = scope.filters(self._dictionary.filters(filters))
        totals: list[Total] = []
        if start < end:
            window = Window(start, end)
            totals = self._totals(group, filters, window, measures)
            # After it: an archive may be made meanwhile.
            check_archive(self._usage, start)
        fields = (*group, *AMOUNTS, *computed)
        return UsageReport(totals, fields, start, end, computed)

    def _totals(
        self,
        group: Sequence[str],
        filters: Sequence[Filter],
        window: Window,
        measures: Sequence[Measure],
    ) -> list[Total]:
        sums: dict[tuple[Any, ...], kinds.Usage] = collections.defaultdict(
            kinds.Usage
        )
        rows = self._usage.sums(
            group, filters, window, _MAX_SUMS, with_specs=bool(measures)
        )
        for row in rows:
            sums[row.group] = sums[row.group].plus(
                row.size,
                row.seconds,
                [measure.count(row.specs) for measure in measures],
            )
        if len(sums) > MAX_ROWS or len(rows) == _MAX_SUMS:
            raise errors.Invalid(
                "group_by",
                f"gives more than {MAX_ROWS} rows; "
                "narrow the window or the filters",
            )
        counts = self._usage.resource_counts(group, filters, window)
        names = self._type_names(group, sums)
        return [
            _total(dict(zip(group, key, strict=True)), usage, counts, names)
            for key, usage in sorted(sums.items(), key=_in_order)
        ]

    def _type_names(
        self, group: Sequence[str], keys: Sequence[Any] | dict[Any, Any]
    ) -> dict[str, str]:
        if "type" not in group:
            return {}
        place = list(group).index("type")
        return self._dictionary.names(key[place] for key in keys)


def _computed(measures: Sequence[Measure]) -> Computed:
    """Return how the fields of the measures are read. Raises Invalid."""
    computed = {
        measure.field: lambda total, place=place: total.measured[place]
        for place, measure in enumerate(measures)
    }
    if len(computed) < len(measures):
        raise errors.Invalid("measure", "names one twice")
    for name in sorted(computed.keys() & set(AMOUNTS)):
        raise errors.Invalid("measure", f"{name} is a field already")
    return computed


def _bounds(
    window: Window, now: datetime, *, by_day: bool
) -> tuple[datetime, datetime]:
    if window.start is None:
        raise errors.Invalid("start", "missing")
    check_window(window)
    end = max(min(window.end or now, now), window.start)
    if by_day and end - window.start > timedelta(days=MAX_DAYS):
        raise errors.Invalid(
            "start", f"at most {MAX_DAYS} days can be shown by day"
        )
    return window.start, end


def _in_order(item: tuple[tuple[Any, ...], Any]) -> tuple[Any, ...]:
    return tuple((value is None, str(value)) for value in item[0])


def _total(
    group: dict[str, Any],
    usage: kinds.Usage,
    counts: dict[tuple[Any, ...], int],
    names: dict[str, str],
) -> Total:
    resources = counts.get(tuple(group.values()), 0)
    if isinstance(group.get("day"), datetime):
        group["day"] = group["day"].date()
    if group.get("type") in names:
        group["type"] = names[group["type"]]
    return Total(
        **group,
        resources=resources,
        seconds=Decimal(usage.seconds),
        hours=kinds.hours(usage.seconds),
        vcpu_hours=kinds.hours(usage.vcpu_seconds),
        ram_gib_hours=kinds.hours(usage.ram_mb_seconds, 1024),
        disk_gb_hours=kinds.hours(usage.disk_gb_seconds),
        measured=tuple(
            kinds.hours(total.numerator, total.denominator)
            for total in usage.measured
        ),
    )
