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
    """List what the cloud has, and record what is news.

    All regions and kinds, unless some are named. It does what the agent's
    job sync does, also while an agent runs.
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
    ) as shown:
        return sync.run(
            cloud,
            command.kind,
            accept_deletes=command.accept_deletes,
            dry_run=command.dry_run,
            progress=_shower(shown, cloud.region),
        )


def _shower(shown: progress.Progress, region: str) -> Progress:
    """Return what shows a line for each kind, from its first page on."""
    tasks: dict[str, progress.TaskID] = {}

    def show(kind: str, listed: int) -> None:
        if kind not in tasks:
            for before in tasks.values():
                shown.stop_task(before)
            tasks[kind] = shown.add_task(f"{region} {kind}", total=None)
        shown.update(tasks[kind], completed=listed)

    return show


def _show(reports: list[Report]) -> None:
    """Print what became of each kind, and below it what was left out."""
    console = Console(width=None if sys.stdout.isatty() else 200)
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("region")
    table.add_column("kind")
    for count in _COUNTS:
        table.add_column(count, justify="right")
    table.add_column("notes")
    for report in reports:
        for kind, told in report.kinds.items():
            counts = [str(getattr(told, count)) for count in _COUNTS]
            table.add_row(report.region, kind, *counts, _notes(told))
    console.print(table)
    for report in reports:
        for kind, told in report.kinds.items():
            for one in told.which:
                print(f"left out: {kind} {one.id or '?'}: {one.reason}")
    if any(report.dry_run for report in reports):
        print("A dry run: nothing was stored.")


def _notes(told: KindReport) -> str:
    notes = []
    if told.refused:
        notes.append(f"{told.refused} missing: too many to believe")
    if told.left_out:
        notes.append(f"{told.left_out} left out")
    return ", ".join([*notes, told.skipped, told.error]).strip(", ")


def _problems(report: Report) -> list[str]:
    """Return what was not done, kind by kind. What was left out is told,
    and no failure: the rest of its kind is in order."""
    found = []
    for kind, told in report.kinds.items():
        if told.error:
            found.append(f"{kind}: {told.error}")
        if told.refused:
            found.append(
                f"{kind}: {told.refused} are missing; if they are gone, "
                "--accept-deletes"
            )
    return found
