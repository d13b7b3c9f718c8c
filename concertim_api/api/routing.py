"""From paths to methods, by Pecan: only what is exposed can be reached.

Pecan's own RestController takes any attribute of a controller for a part of
the path, and the argument ``_method`` for the method. Here, names of methods
say where they are::

    get_all     GET /nouns          post       POST /nouns
    delete_all  DELETE /nouns       delete     DELETE /nouns/{id}
    get_one     GET /nouns/{id}     verb_word  VERB /nouns/{id}/word
    patch       PATCH /nouns/{id}   verb_as_x  VERB /nouns/{id}.x
"""

from __future__ import annotations

import dataclasses as dc
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pecan
from pecan import hooks
from webob import exc, multidict

from concertim_api.api.context import Context, Settings
from concertim_api.api.expose import Endpoint

ID = "{id}"

_WHERE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "get_all": ("GET", ()),
    "post": ("POST", ()),
    "delete_all": ("DELETE", ()),
    "get_one": ("GET", (ID,)),
    "delete": ("DELETE", (ID,)),
    "patch": ("PATCH", (ID,)),
}


class Controller:
    """A noun, or a part of the path above nouns."""

    #: parts of the path below -> their controllers
    children: Mapping[str, Controller] = {}

    #: place -> method of HTTP -> name of ours
    _names: dict[tuple[str, ...], dict[str, str]] = {}

    @classmethod
    def places(cls) -> Iterator[tuple[str, tuple[str, ...], str, Endpoint]]:
        """Yield method, place, name and operation of what is exposed."""
        for name in sorted(dir(cls)):
            endpoint = getattr(getattr(cls, name), "endpoint", None)
            if isinstance(endpoint, Endpoint):
                yield *_where(name), name, endpoint

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._names = {}
        for method, place, name, _operation in cls.places():
            cls._names.setdefault(place, {})[method] = name

    @pecan.expose()  # type: ignore[untyped-decorator]
    def _route(self, args: Sequence[str], request: Any) -> tuple[Any, Any]:
        """Return the method for a path, and the ids in it."""
        parts = list(args)
        if parts and parts[0] in self.children:
            target: tuple[Any, Any]
            target = self.children[parts[0]]._route(parts[1:], request)
            return target
        if parts and not parts[-1]:
            parts.pop()  # a slash at the end changes nothing
        place, ids = self._place(parts)
        names = self._names.get(place)
        if names is None or not all(parts):
            raise exc.HTTPNotFound()
        method = "GET" if request.method == "HEAD" else request.method
        if method not in names:
            raise exc.HTTPMethodNotAllowed(
                headers={"Allow": ", ".join(_allowed(names))}
            )
        return getattr(self, names[method]), ids

    def _place(
        self, parts: Sequence[str]
    ) -> tuple[tuple[str, ...], Sequence[str]]:
        """Return the place for the parts of a path, and the ids in it."""
        if not parts:
            return (), []
        stem, _, form = parts[0].rpartition(".")
        as_form = (f"{ID}.{form}",)
        if stem and len(parts) == 1 and as_form in self._names:
            return as_form, [stem]
        return (ID, *parts[1:]), parts[:1]


def _where(name: str) -> tuple[str, tuple[str, ...]]:
    if name in _WHERE:
        return _WHERE[name]
    verb, _, word = name.partition("_")
    if word.startswith("as_"):
        return verb.upper(), (f"{ID}.{word.removeprefix('as_')}",)
    return verb.upper(), (ID, word.replace("_", "-"))


def _allowed(methods: Mapping[str, str]) -> list[str]:
    return sorted({*methods, "HEAD"} if "GET" in methods else methods)


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


class Application(pecan.Pecan):  # type: ignore[misc]
    """A WSGI application of ``Controller`` and ``@expose``.

    Pecan inspects the signature of a method before each call. Our methods
    have the same signature: that saves half of what Pecan costs.
    """

    def route(
        self, request: Any, controller: Any, path: str
    ) -> tuple[Callable[..., Any], Sequence[str]]:
        """Return what a path leads to, and the rest of the path."""
        target: tuple[Callable[..., Any], Sequence[str]]
        target = controller._route(path.split("/")[1:], request)
        return target

    def invoke_controller(
        self,
        controller: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        state: Any,
    ) -> None:
        """Call a method: it returns JSON, or fills in the response itself."""
        result = controller(*args, **kwargs)
        if isinstance(result, bytes):
            if result:
                state.response.body = result
            state.response.content_type = "application/json"


class PecanRequest(pecan.Request):  # type: ignore[misc]
    """A request whose query and body Pecan does not touch.

    Pecan would read both before anything is checked, would take the argument
    ``_method`` for the method, and would choose a format by Accept.
    """

    GET = POST = params = multidict.NoVars()
    json = None
    accept = None


class ContextHook(hooks.PecanHook):  # type: ignore[misc]
    """Gives each request its context."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def on_route(self, state: Any) -> None:
        request = state.request
        endpoint = self._settings.public_endpoint
        request.context = Context.of(
            request.environ,
            self._settings,
            (endpoint or request.application_url).rstrip("/"),
        )
