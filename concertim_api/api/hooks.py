"""The request that Pecan sees, and its context."""

from __future__ import annotations

from typing import Any

import pecan
from pecan import hooks
from webob import multidict

from concertim_api.api.context import Context, Settings


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
