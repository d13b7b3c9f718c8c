"""openstack concertim cost ..."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from concertim_api.osc import moments, options
from concertim_api.osc.cells import Column, Hours, Money
from concertim_api.osc.commands import ListCommand, Row

#: What to add up by -> the field of the API.
GROUPS = {
    "project": "project_id",
    "rack": "rack_id",
    "resource": "resource_id",
    **{name: name for name in ("kind", "type", "state", "region")},
    **{name: name for name in ("unit", "rule", "day")},
}

#: What to add up by -> its columns; the last is shown only with --long.
_COLUMNS = {
    "project": ("project", "project_id"),
    "rack": ("rack_name", "rack_id"),
    "resource": ("name", "resource_id"),
}

#: Characters of the longest bar.
_WIDTH = 30


def month_so_far(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a request; without a start, from the start of the
    month on."""
    start, end = values["start"], values["end"]
    last = (end or datetime.now(UTC)) - timedelta(seconds=1)
    return {**values, "start": start or moments.month_start(last)}


def with_costs(client: Any, rack: Row, at: datetime | None) -> Row:
    """Return a rack and its devices, each with its ``cost`` in the month so
    far, as a text; one request."""
    costs = client.costs.get(
        group_by=["resource_id"],
        rack_id=rack["id"],
        region=rack["region"],
        **month_so_far({"start": None, "end": at}),
    )
    if costs.currency is None:
        return {**rack, "cost": "not known: there is no tariff"}
    amounts = {
        row["resource_id"]: Money(row["amount"]).short()
        for row in costs.rows
        if row["amount"] or not row["unpriced_hours"]
    }
    width = max(map(len, amounts.values()), default=0)
    return {
        **rack,
        "cost": " ".join(_summary(costs)),
        "devices": [
            {**device, "cost": amounts.get(device["id"], "").rjust(width)}
            for device in rack["devices"]
        ],
    }


def _summary(costs: Any) -> Iterator[str]:
    yield f"{Money(costs.amount).short()} {costs.currency}"
    yield f"since {costs.start[:10]}"
    if costs.unpriced_hours:
        hours = Hours(costs.unpriced_hours).short()
        yield f"({hours} hours have no price)"


class ShowCost(ListCommand):
    """Show what usage costs, added up."""

    nouns = "costs"
    minor = "unpriced_hours"
    arguments = (
        options.Option(
            "--by",
            type=options.words_of(GROUPS),
            default=["project"],
            metavar="<group>[,...]",
            help=f"Add up by any of {', '.join(GROUPS)}; default project.",
        ),
        options.Option.flag("--plot", "Draw a bar for each amount."),
        options.Scope(),
        options.Window(),
        *options.FILTERS,
        options.RACK_ID,
        options.RESOURCE_ID,
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        fields = [GROUPS[name] for name in args.by]
        values = month_so_far(self.values(args))
        costs = self.client.costs.get(group_by=fields, **values)
        if args.formatter == "table":
            self._explain(costs)
        rows = with_plot(costs.rows) if args.plot else costs.rows
        return self.output(args, rows, [*_columns(args.by, args.plot)])

    def _explain(self, costs: Any) -> None:
        """Say what the amounts are, and what they lack."""
        if costs.currency is None:
            self.note("There is no tariff: nothing has a price.")
            return
        self.note(
            f"From {costs.start} to {costs.end}: "
            f"{Money(costs.amount).short()} {costs.currency}."
        )
        if costs.unpriced_hours:
            self.note(
                f"{Hours(costs.unpriced_hours).short()} hours have no price."
            )
        if costs.unsettled_amount:
            amount = Money(costs.unsettled_amount).short()
            self.note(f"{amount} of it is of days that are not settled yet.")


def with_plot(
    rows: Sequence[Mapping[str, Any]],
) -> Iterator[Mapping[str, Any]]:
    """Yield the rows, each with a bar as its ``plot``: the highest amount
    has the longest."""
    most = max((row["amount"] for row in rows), default=Decimal(0))
    for row in rows:
        length = int(row["amount"] * _WIDTH / most) if most else 0
        yield {**row, "plot": "=" * length}


def _columns(names: Sequence[str], plot: bool) -> Iterator[Column]:
    for name in names:
        shown, *ids = _COLUMNS.get(name, (name,))
        yield Column(shown)
        yield from (Column(column, long=True) for column in ids)
    yield Column("amount", Money)
    yield Column("unpriced_hours", Hours)
    yield Column("unsettled_amount", Money, long=True)
    if plot:
        yield Column("plot")
