"""From paths to methods: only what is exposed can be reached.

Pecan's own RestController takes any attribute of a controller for a part of
the path, and the argument ``_method`` for the method. Here, names of methods
say where they are::

    get_all     GET /nouns          post       POST /nouns
    delete_all  DELETE /nouns       delete     DELETE /nouns/{id}
    get_one     GET /nouns/{id}     verb_word  VERB /nouns/{id}/word
    patch       PATCH /nouns/{id}   verb_as_x  VERB /nouns/{id}.x
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pecan
from webob import exc

from concertim_api.api.expose import Operation

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
    """A noun, or what nouns hang from."""

    #: parts of the path below -> their controllers
    children: Mapping[str, Controller] = {}

    #: place -> method of HTTP -> name of ours
    _names: dict[tuple[str, ...], dict[str, str]] = {}

    @classmethod
    def places(cls) -> Iterator[tuple[str, tuple[str, ...], str, Operation]]:
        """Yield method, place, name and operation of what is exposed."""
        for name in sorted(dir(cls)):
            operation = getattr(getattr(cls, name), "operation", None)
            if isinstance(operation, Operation):
                yield *_where(name), name, operation

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._names = {}
        for method, place, name, _operation in cls.places():
            cls._names.setdefault(place, {})[method] = name

    @pecan.expose()  # type: ignore[untyped-decorator]
    def _route(self, args: Sequence[str], request: Any) -> tuple[Any, Any]:
        """Return the method that a path means, and the ids in it."""
        parts = list(args)
        if parts and parts[0] in self.children:
            below: tuple[Any, Any]
            below = self.children[parts[0]]._route(parts[1:], request)
            return below
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
        """Return the place that parts of a path mean, and the ids in it."""
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
