"""Pecan, without what it would do to each request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pecan
from pecan import hooks
from webob import multidict

from concertim_api.api.context import Context, Settings


class Application(pecan.Pecan):  # type: ignore[misc]
    """A WSGI application of ``routing.Controller`` and ``@expose``.

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
