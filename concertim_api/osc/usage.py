"""openstack concertim usage ..."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from concertim_api.client.usage import AMOUNTS
from concertim_api.osc import moments, options
from concertim_api.osc.cells import Column, Hours
from concertim_api.osc.commands import ListCommand

GROUPS = ("project", "kind", "type", "state", "region", "day")

TOTALS = (
    Column("resources"),
    *(Column(name, Hours) for name in AMOUNTS),
    Column("seconds", long=True),
)


class ShowUsage(ListCommand):
    """Show usage, added up."""

    columns = TOTALS
    nouns = "usage"
    minor = "resources disk_gb_hours ram_gib_hours"
    arguments = (
        options.Option(
            "--by",
            type=options.words_of(GROUPS),
            default=["project", "kind", "type"],
            metavar="<group>[,...]",
            help="Add up by any of project, kind, type, state, region, day; "
            "default project,kind,type.",
        ),
        options.Parameter(
            "--measure",
            action="append",
            default=[],
            metavar="<name>=extra_spec:<key>[=<part>]",
            field="measures",
            help="Add a column <name>_hours: what flavors have in an extra "
            "spec, times hours. May be repeated. GPU hours by type: "
            "vgpu=extra_spec:resources:VGPU; "
            "gpu=extra_spec:pci_passthrough:alias for all aliases together, "
            "a100=extra_spec:pci_passthrough:alias=a100 for one; "
            "gpu=extra_spec:trait:CUSTOM_GPU for servers that require it.",
        ),
        options.Scope(),
        options.Window(),
        *options.FILTERS,
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        values = self.values(args)
        if values["start"] is None:
            now = datetime.now(UTC)
            values["start"] = moments.month_start(values["end"] or now)
        totals = self.client.usage.get(
            group_by=[
                "project_id" if name == "project" else name for name in args.by
            ],
            **values,
        )
        if args.formatter == "table":
            self.note(f"From {totals.start} to {totals.end}:")
        names = [measure.partition("=")[0] for measure in args.measure]
        measured = [Column(f"{name}_hours", Hours) for name in names]
        columns = [*_columns(args.by), *measured]
        return self.output(args, totals.rows, columns)


def _columns(names: list[str]) -> list[Column]:
    columns = [Column(name) for name in names]
    if "project" in names:
        columns.append(Column("project_id", long=True))
    return [*columns, *TOTALS]
