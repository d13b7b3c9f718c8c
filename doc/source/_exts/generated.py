"""``.. generated::`` shows what the code knows of itself, as tables.

What comes after it names one of the functions in ``TABLES``; the last one,
``routes``, takes the beginning of a path, too.
"""

from __future__ import annotations

import collections
import gzip
import inspect
import json
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from concertim_api.api import errors, types
from concertim_api.api.controllers import root
from concertim_api.api.routes import Route, routes
from concertim_api.db import models
from concertim_api.domain.kinds import KINDS
from concertim_api.listener import sources
from concertim_api.listener.translate import IGNORED, Translator

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
                    row.says,
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
        with gzip.open(path, "rt") as lines:
            for line in lines:
                yield json.loads(line)["message"]


def kinds() -> Lines:
    """Every kind, and the attributes that recorded notifications tell."""
    translate = Translator().translate
    shapes: dict[str, set[str]] = collections.defaultdict(set)
    details: dict[str, set[str]] = collections.defaultdict(set)
    for message in _recorded():
        try:
            told = translate(message, "RegionOne")
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
            for found in models.metadata.sorted_tables
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


class _Nothing:
    """Services that are never called."""

    def __getattr__(self, name: str) -> None:
        return None


def all_routes() -> list[Route]:
    """Return every route of the API."""
    return routes(root.build(_Nothing()))


def words() -> dict[str, dict[str, str]]:
    """Return what parameters and fields mean, and the examples."""
    found: dict[str, dict[str, str]] = yaml.safe_load(
        (SOURCE / "api-ref" / "words.yaml").read_text()
    )
    return found


def api(place: str) -> Lines:
    """Every route at a path or below, with answers to real requests.

    Of ``/`` and ``/v1``: only what is there itself.
    """
    told = words()
    below = "\0" if place in ("/", "/v1") else f"{place}/"
    for route in all_routes():
        if route.path == place or route.path.startswith(below):
            yield from _route(route, told)


def _route(route: Route, told: Mapping[str, Mapping[str, str]]) -> Lines:
    heading = str(route)
    yield from ("", heading, "-" * len(heading), "")
    yield from (inspect.cleandoc(route.operation.summary), "")
    policy = route.operation.policy
    if policy is None:
        yield "Nobody needs a token for it."
    else:
        yield f"Policy: ``{policy}``; answer: {route.operation.status}."
    yield ""
    yield from _parameters(route, told)
    yield from _body(route, told)
    yield from _answer(route, told)
    yield from ("", ".. scene::", "", told["examples"][str(route)])


def parameters(route: Route) -> list[tuple[str, str, str]]:
    """Return the name, the place and the type of each parameter."""
    operation = route.operation
    query = operation.query
    found = [(name, "path", _type(operation.item_id)) for name in route.ids]
    found += [
        (name, "query", _type(declared))
        for name, declared in query.arguments.items()
    ]
    found += [
        (name, "condition", _type(declared))
        for name, declared in query.filters.items()
    ]
    if query.sort:
        sorts = ", ".join(key.lstrip("-") for key in query.sort)
        found += [
            ("sort", "query", f"by {sorts}"),
            ("limit", "query", "whole"),
            ("marker", "query", "text"),
            ("fields", "query", "names"),
        ]
    return found


def _parameters(route: Route, told: Mapping[str, Mapping[str, str]]) -> Lines:
    rows = [
        (code(name), place, kind, told["parameters"][name])
        for name, place, kind in parameters(route)
    ]
    if rows:
        yield from table(
            ("parameter", "in", "type", "meaning"), rows, "20 10 15 55"
        )


def _body(route: Route, told: Mapping[str, Mapping[str, str]]) -> Lines:
    declared = route.operation.body
    if declared is None:
        return
    needed = types.mandatory(declared)
    yield from table(
        ("field of the body", "type", "meaning"),
        (
            (
                code(name) + (" (needed)" if name in needed else ""),
                _type(kind),
                told["body"].get(name) or told["fields"][name],
            )
            for name, kind in types.fields(declared).items()
        ),
        "25 15 60",
    )


def fields(datatype: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the fields of an answer, those of inner things with dots."""
    for name, declared in types.fields(datatype).items():
        inner = types.item_of(declared) or declared
        if types.is_representation(inner):
            many = "[]" if types.item_of(declared) else ""
            if inner is not types.Link:
                yield from fields(inner, f"{prefix}{name}{many}.")
            else:
                yield prefix + name, types.Link
        else:
            yield prefix + name, inner
    if issubclass(datatype, types.Item) and "[]" not in prefix:
        yield prefix + "links", types.Link


def _answer(route: Route, told: Mapping[str, Mapping[str, str]]) -> Lines:
    returns = route.operation.returns
    if returns is None:
        yield "The answer is empty."
        return
    yield from table(
        ("field of the answer", "type", "meaning"),
        (
            (
                code(name),
                _type(declared),
                told["fields"][name.rpartition(".")[2]],
            )
            for name, declared in fields(returns)
        ),
        "30 15 55",
    )


def _type(declared: Any) -> str:
    if declared is types.Link:
        return "links"
    if isinstance(declared, types.Choice) and declared.operators:
        return "one of " + ", ".join(declared.words)
    return str(declared.name)


TABLES: Mapping[str, Callable[..., Lines]] = {
    "events": events,
    "ignored": ignored,
    "kinds": kinds,
    "indexes": indexes,
    "errors": error_codes,
    "routes": api,
}


class Generated(SphinxDirective):
    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        make, *arguments = self.arguments
        text = "\n".join(TABLES[make](*arguments))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("generated", Generated)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
