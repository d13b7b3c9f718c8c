"""The reference of the API, as reStructuredText: made from its routes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from tables import SOURCE, Lines, code, table

from concertim_api.api import types
from concertim_api.api.controllers import root
from concertim_api.api.routing import Route, routes


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
    yield from (inspect.cleandoc(route.endpoint.summary), "")
    policy = route.endpoint.policy
    if policy is None:
        yield "Nobody needs a token for it."
    else:
        yield f"Policy: ``{policy}``; answer: {route.endpoint.status}."
    yield ""
    yield from _parameters(route, told)
    yield from _body(route, told)
    yield from _answer(route, told)
    yield from ("", ".. scene::", "", told["examples"][str(route)])


def parameters(route: Route) -> list[tuple[str, str, str]]:
    """Return the name, the place and the type of each parameter."""
    operation = route.endpoint
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
    declared = route.endpoint.body
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
    if isinstance(datatype, types.Document):
        return
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
    returns = route.endpoint.returns
    if returns is None:
        yield "The answer is empty."
        return
    if isinstance(returns, types.Document):
        yield f"The answer is {returns.title}, ``{returns.content_type}``."
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
