"""Periods as a story: how long, what changed, and drawn on a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from concertim_api.osc.cells import flat, lasting
from concertim_api.osc.moments import parsed

Item = Mapping[str, Any]

WIDTH = 40


def with_duration(period: Item, now: datetime | None = None) -> Item:
    """Return the period with its seconds, up to now if it runs."""
    seconds = (_end(period, now) - parsed(period["start"])).total_seconds()
    return {**period, "duration": max(0, int(seconds))}


def story(
    periods: Sequence[Item], project: Callable[[str | None], str | None]
) -> Iterator[Item]:
    """Yield the periods with ``change``: what each one began with."""
    before: Item | None = None
    for period in periods:
        words = (
            "begins" if before is None else changed(before, period, project)
        )
        yield {**with_duration(period), "change": words}
        before = period


def changed(
    before: Item,
    after: Item,
    project: Callable[[str | None], str | None],
) -> str:
    """Return what is different in the later of two periods."""
    words = []
    gap = parsed(after["start"]) - _end(before, None)
    if gap.total_seconds() > 0:
        words.append(f"back after {lasting(int(gap.total_seconds()))}")
    if before["project_id"] != after["project_id"]:
        old, new = (project(p["project_id"]) for p in (before, after))
        words.append(f"project {old} -> {new}")
    words += _differences(before, after)
    return ", ".join(words) or "goes on"


def _differences(before: Item, after: Item) -> Iterator[str]:
    """Yield what differs in the shapes; of another type, only its name."""
    if before["type"] != after["type"]:
        yield f"type {before['type']} -> {after['type']}"
    shapes = (before.get("shape") or {}, after.get("shape") or {})
    old, new = (dict(flat(shape)) for shape in shapes)
    for name in [*old, *(n for n in new if n not in old)]:
        part_of_type = name == "type" or name.startswith("flavor.")
        if part_of_type and before["type"] != after["type"]:
            continue
        if old.get(name) != new.get(name):
            yield f"{name} {old.get(name)} -> {new.get(name)}"


def drawn(periods: Sequence[Item], width: int = WIDTH) -> Iterator[Item]:
    """Yield the periods with ``timeline``: their place on a common line."""
    now = datetime.now(UTC)
    first = min((parsed(p["start"]) for p in periods), default=now)
    last = max((_end(p, now) for p in periods), default=now)
    whole = max((last - first).total_seconds(), 1)
    for period in periods:
        left = (parsed(period["start"]) - first).total_seconds() / whole
        right = (_end(period, now) - first).total_seconds() / whole
        begin = min(int(left * width), width - 1)
        length = max(1, round(right * width) - begin)
        bar = "=" * length if period["end"] else "=" * (length - 1) + ">"
        line = "." * begin + bar
        yield {**period, "timeline": line.ljust(width, ".")}


def _end(period: Item, now: datetime | None) -> datetime:
    end = period["end"]
    return parsed(end) if end else now or datetime.now(UTC)
