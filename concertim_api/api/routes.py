"""All routes, by walking the tree of controllers: for tests and docs."""

from __future__ import annotations

import dataclasses as dc
import inspect
from collections.abc import Iterator

from concertim_api.api.expose import Endpoint
from concertim_api.api.routing import ID, Controller


@dc.dataclass(frozen=True, slots=True)
class Route:
    """A method at a path, like GET /v1/periods/{period_id}."""

    method: str
    path: str
    name: str
    endpoint: Endpoint

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of the ids in the path."""
        return (_id_of(self.endpoint),) if "{" in self.path else ()

    @property
    def title(self) -> str:
        """The first line of the description."""
        return self.endpoint.summary.partition("\n")[0]


def routes(root: Controller, prefix: str = "") -> list[Route]:
    """Return all routes below a controller, by path and method."""
    return sorted(_walk(root, prefix), key=lambda r: (r.path, r.method))


def _walk(controller: Controller, prefix: str) -> Iterator[Route]:
    for method, place, name, endpoint in controller.places():
        words = (part.replace(ID, f"{{{_id_of(endpoint)}}}") for part in place)
        path = "/".join((prefix, *words)) or "/"
        yield Route(method, path, name, endpoint)
    for part, child in controller.children.items():
        yield from _walk(child, f"{prefix}/{part}")


def _id_of(endpoint: Endpoint) -> str:
    """Return the name of the id: the argument after the context."""
    return list(inspect.signature(endpoint.method).parameters)[2]
