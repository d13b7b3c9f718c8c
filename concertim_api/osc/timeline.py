"""Periods with their durations, their changes and their timelines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from concertim_api.osc.cells import duration_text, flatten
from concertim_api.osc.moments import parse

Row = Mapping[str, Any]

WIDTH = 40


def with_duration(period: Row, now: datetime | None = None) -> Row:
    """Return the period with its ``duration``, until now if it runs."""
    seconds = (_end(period, now) - parse(period["start"])).total_seconds()
    return {**period, "duration": max(0, int(seconds))}


def with_changes(
    periods: Sequence[Row], project: Callable[[str | None], str | None]
) -> Iterator[Row]:
    """Yield the periods, each with its ``change`` from the one before."""
    before: Row | None = None
    for period in periods:
        words = "begins" if before is None else change(before, period, project)
        yield {**with_duration(period), "change": words}
        before = period


def change(
    before: Row,
    after: Row,
    project: Callable[[str | None], str | None],
) -> str:
    """Return the change between two periods, in words."""
    words = []
    gap = parse(after["start"]) - _end(before, None)
    if gap.total_seconds() > 0:
        words.append(f"back after {duration_text(int(gap.total_seconds()))}")
    if before["project_id"] != after["project_id"]:
        old, new = (project(p["project_id"]) for p in (before, after))
        words.append(f"project {old} -> {new}")
    words += _differences(before, after)
    return ", ".join(words) or "goes on"


def _differences(before: Row, after: Row) -> Iterator[str]:
    """Yield the differences of the shapes; of two types, only their names."""
    if before["type"] != after["type"]:
        yield f"type {before['type']} -> {after['type']}"
    shapes = (before.get("shape") or {}, after.get("shape") or {})
    old, new = (dict(flatten(shape)) for shape in shapes)
    for name in [*old, *(n for n in new if n not in old)]:
        part_of_type = name == "type" or name.startswith("flavor.")
        if part_of_type and before["type"] != after["type"]:
            continue
        if old.get(name) != new.get(name):
            yield f"{name} {old.get(name)} -> {new.get(name)}"


def with_timeline(periods: Sequence[Row], width: int = WIDTH) -> Iterator[Row]:
    """Yield the periods, each with its place on a common ``timeline``."""
    now = datetime.now(UTC)
    first = min((parse(p["start"]) for p in periods), default=now)
    last = max((_end(p, now) for p in periods), default=now)
    total = max((last - first).total_seconds(), 1)
    for period in periods:
        start = (parse(period["start"]) - first).total_seconds() / total
        end = (_end(period, now) - first).total_seconds() / total
        begin = min(int(start * width), width - 1)
        length = max(1, round(end * width) - begin)
        bar = "=" * length if period["end"] else "=" * (length - 1) + ">"
        line = "." * begin + bar
        yield {**period, "timeline": line.ljust(width, ".")}


def _end(period: Row, now: datetime | None) -> datetime:
    end = period["end"]
    return parse(end) if end else now or datetime.now(UTC)
