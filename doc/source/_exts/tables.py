"""What the code knows of itself, as tables of reStructuredText."""

from __future__ import annotations

import collections
import gzip
import inspect
import json
import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from concertim_api.api import errors
from concertim_api.bootstrap.drivers import SystemClock
from concertim_api.db import schema
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.instrumentation.declared import METRICS
from concertim_api.listener import sources
from concertim_api.listener.translate import IGNORED, Translator
from tests import access

SOURCE = pathlib.Path(__file__).parents[1]
ROOT = SOURCE.parents[1]

Lines = Iterator[str]


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], widths: str = "auto"
) -> Lines:
    """Yield a table of reStructuredText."""
    yield ".. list-table::"
    yield "   :header-rows: 1"
    yield f"   :widths: {widths}"
    yield ""
    for row in [head, *rows]:
        for index, cell in enumerate(row):
            yield f"   {' ' if index else '*'} - {cell}"
    yield ""


def code(text: str) -> str:
    return f"``{text}``"


def _sources() -> Iterator[tuple[str, Any]]:
    """Yield the title of each module of events, and the module."""
    for name in sorted(vars(sources)):
        module = getattr(sources, name)
        if inspect.ismodule(module) and hasattr(module, "ROWS"):
            yield (inspect.getdoc(module) or "").partition("\n")[0], module


def events() -> Lines:
    """Every event that is handled, by service."""
    for title, module in _sources():
        yield from (f".. rubric:: {title}", "")
        yield from table(
            ("event type", "kind", "says", "date of the fact"),
            (
                (
                    code(event),
                    code(row.kind),
                    row.says
                    + ("; the cloud is asked" if row.is_incomplete else ""),
                    ", ".join(map(code, row.at)) or "the notification's",
                )
                for event, row in sorted(module.ROWS.items())
            ),
        )


def ignored() -> Lines:
    """Every event that is ignored, and why."""
    yield from table(
        ("event type", "why"),
        ((code(event), why) for event, why in IGNORED.items()),
    )


def _recorded() -> Iterator[Mapping[str, Any]]:
    files = [
        ROOT / "demo" / "site.jsonl.gz",
        *sorted((ROOT / "tests/samples/notifications").glob("*.jsonl.gz")),
    ]
    for path in files:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)["message"]


def kinds() -> Lines:
    """Every kind, and the attributes that recorded notifications tell."""
    translate, now = Translator().translate, SystemClock().now()
    shapes: dict[str, set[str]] = collections.defaultdict(set)
    details: dict[str, set[str]] = collections.defaultdict(set)
    for message in _recorded():
        try:
            told = translate(message, "RegionOne", now)
        except ValueError:
            continue
        for observation in told:
            shapes[observation.ref.kind].update(observation.shape)
            details[observation.ref.kind].update(observation.details)
    yield from table(
        ("kind", "what it is", "shape", "details"),
        (
            (
                code(kind.name),
                kind.title + ("; a dictionary" if kind.dictionary else ""),
                ", ".join(sorted(shapes[kind.name])) or "\\-",
                ", ".join(sorted(details[kind.name])) or "\\-",
            )
            for kind in KINDS.values()
        ),
        widths="15 20 25 40",
    )


def indexes() -> Lines:
    """Every index of every table."""
    yield from table(
        ("table", "index", "columns"),
        (
            (code(found.name), code(str(index.name)), _columns(index))
            for found in schema.metadata.sorted_tables
            for index in sorted(
                [*found.indexes, *_uniques(found)], key=lambda i: str(i.name)
            )
        ),
    )


def _uniques(found: sa.Table) -> Iterator[sa.UniqueConstraint]:
    for constraint in found.constraints:
        if isinstance(constraint, sa.UniqueConstraint):
            yield constraint


def _columns(index: sa.Index | sa.UniqueConstraint) -> str:
    unique = isinstance(index, sa.UniqueConstraint)
    names = ", ".join(column.name for column in index.columns)
    return names + (" (unique)" if unique else "")


def metrics() -> Lines:
    """Every metric, by the process that shows it."""
    yield from table(
        ("process", "metric", "labels", "what it says"),
        (
            (
                found.process,
                code(found.name),
                ", ".join(found.labels),
                f"{found.says} ({found.kind})",
            )
            for found in METRICS.values()
        ),
    )


def personas() -> Lines:
    """Every persona, and who that is."""
    yield from table(("who", "is somebody who"), access.PERSONAS.items())


def answers() -> Lines:
    """Every answer that a persona may get, and what that means."""
    yield from table(("answer", "means"), access.ANSWERS.items())


def who_gets_what() -> Lines:
    """Every route, and what it answers to each persona.

    Those who get the same everywhere share a column.
    """
    columns: dict[tuple[str, ...], list[str]] = {}
    for persona in access.PERSONAS:
        told = tuple(level[persona] for level in access.ROUTES.values())
        columns.setdefault(told, []).append(persona)
    yield from table(
        ("route", *map(", ".join, columns.values())),
        zip(map(code, access.ROUTES), *columns, strict=True),
        " ".join(["40", *["12"] * len(columns)]),
    )


def error_codes() -> Lines:
    """Every error that the API tells of itself."""
    rows = {
        (status, slug): title for status, slug, title in errors.TABLE.values()
    } | {
        (status, slug): title
        for status, (slug, title, _) in errors.FOREIGN.items()
    }
    yield from table(
        ("status", "code", "title"),
        (
            (str(status), code(f"concertim.{slug}"), title)
            for (status, slug), title in sorted(rows.items())
        ),
    )
