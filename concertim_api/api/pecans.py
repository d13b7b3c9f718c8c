"""Pecan, without what it would find out anew for each request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pecan


class Application(pecan.Pecan):  # type: ignore[misc]
    """A WSGI application of ``routing.Controller`` and ``@expose``.

    Pecan asks how a method is called before it calls it, and for that makes
    a class each time. Ours are all called alike: that saves half of what
    Pecan costs.
    """

    def route(
        self, request: Any, controller: Any, path: str
    ) -> tuple[Callable[..., Any], Sequence[str]]:
        """Return what a path leads to, and the rest of the path."""
        found: tuple[Callable[..., Any], Sequence[str]]
        found = controller._route(path.split("/")[1:], request)
        return found

    def invoke_controller(
        self,
        controller: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        state: Any,
    ) -> None:
        """Call a method: it gives JSON, or fills in the response itself."""
        result = controller(*args, **kwargs)
        if isinstance(result, bytes):
            if result:
                state.response.body = result
            state.response.content_type = "application/json"
