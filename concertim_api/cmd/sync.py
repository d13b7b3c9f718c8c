"""``concertim-manage sync``: a full sync by hand, as the agent does it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from oslo_config import cfg
from rich import box, progress
from rich.console import Console
from rich.table import Table

from concertim_api import bootstrap
from concertim_api.domain.errors import Invalid, Unavailable
from concertim_api.services.cloud.reading import Cloud
from concertim_api.services.ledger.sync import Progress, Sync
from concertim_api.services.ledger.sync_report import KindReport, Report

_COUNTS = ("listed", "new", "changed", "gone", "absent", "unchanged")


def run(conf: cfg.ConfigOpts) -> None:
    """List the resources of the cloud, and record the changes.

    All regions and kinds, unless some are named. It is the job sync of the
    agent, and can run beside it.
    """
    clouds = _chosen(bootstrap.clouds(conf), conf.command.region)
    services = bootstrap.services(conf)
    services.store.check()
    reports = [_synced(services.sync, cloud, conf.command) for cloud in clouds]
    _show(reports)
    failures = [
        f"{report.region}: {problem}"
        for report in reports
        for problem in _problems(report)
    ]
    if failures:
        raise Unavailable("; ".join(failures))


def _chosen(clouds: Mapping[str, Cloud], region: str | None) -> list[Cloud]:
    if not clouds:
        raise Invalid("[cloud] clouds", "no cloud is configured")
    if region is None:
        return list(clouds.values())
    if region not in clouds:
        raise Invalid("--cloud", f"{region} is not one of {', '.join(clouds)}")
    return [clouds[region]]


def _synced(sync: Sync, cloud: Cloud, command: Any) -> Report:
    with progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.TextColumn("{task.completed:>8} listed"),
        progress.TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    ) as display:
        return sync.run(
            cloud,
            command.kind,
            accept_deletes=command.accept_deletes,
            dry_run=command.dry_run,
            progress=_progress(display, cloud.region),
        )


def _progress(display: progress.Progress, region: str) -> Progress:
    """Return a function that shows a line for each kind."""
    tasks: dict[str, progress.TaskID] = {}

    def show(kind: str, listed: int) -> None:
        if kind not in tasks:
            for task in tasks.values():
                display.stop_task(task)
            tasks[kind] = display.add_task(f"{region} {kind}", total=None)
        display.update(tasks[kind], completed=listed)

    return show


def _show(reports: list[Report]) -> None:
    """Print the counts of each kind, and below them the notes on it.

    The table has the width of the terminal or of COLUMNS, or 80 columns.
    """
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("region")
    table.add_column("kind")
    for count in _COUNTS:
        table.add_column(count, justify="right")
    for report in reports:
        for kind, kind_report in report.kinds.items():
            counts = [str(getattr(kind_report, count)) for count in _COUNTS]
            table.add_row(report.region, kind, *counts)
    Console().print(table)
    for report in reports:
        for kind, kind_report in report.kinds.items():
            if notes := _notes(kind_report):
                print(f"{report.region} {kind}: {notes}")
            for item in kind_report.omissions:
                print(f"left out: {kind} {item.id or '?'}: {item.reason}")
    if any(report.dry_run for report in reports):
        print("A dry run: nothing was stored.")


def _notes(report: KindReport) -> str:
    notes = []
    if report.refused:
        notes.append(f"{report.refused} missing: too many to believe")
    if report.left_out:
        notes.append(f"{report.left_out} left out")
    error = "" if report.cause else report.error
    notes += filter(None, (report.skipped, error))
    return ", ".join(notes)


def _problems(report: Report) -> list[str]:
    """Return the failures of each kind; a missing role is one failure.

    A resource that was left out is no failure: the rest of its kind is
    recorded.
    """
    problems = report.errors()
    for kind, kind_report in report.kinds.items():
        if kind_report.refused:
            problems.append(
                f"{kind}: {kind_report.refused} are missing; if they are "
                "gone, --accept-deletes"
            )
    return problems
