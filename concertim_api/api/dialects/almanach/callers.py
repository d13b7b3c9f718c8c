"""Who calls: a named key, or a token of Keystone; and what each may do."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Sequence
from wsgiref.types import WSGIEnvironment

from concertim_api.api.context import Context, Settings
from concertim_api.api.dialects.almanach.documents import Request
from concertim_api.api.dialects.dialect import note_secret
from concertim_api.api.errors import Unauthorized
from concertim_api.policies import corrections, periods
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.common.listing import Scope


@dc.dataclass(frozen=True, slots=True)
class Callers:
    """The callers of this dialect.

    ``checks``: each identifies the caller of a request, and returns whether
    it could. The rules of policy are those of ``/v1``.
    """

    checks: Sequence[Callable[[WSGIEnvironment], bool]]
    settings: Settings

    def check(self, environ: WSGIEnvironment) -> None:
        """Raise Unauthorized unless one of the checks knows the caller."""
        note_secret(environ, environ.get("HTTP_X_AUTH_TOKEN"))
        if not any(check(environ) for check in self.checks):
            raise Unauthorized("Unauthorized")

    def login(self, request: Request) -> Caller:
        """Return the caller, as services need it."""
        return self._context(request).caller()

    def reading(self, request: Request) -> Scope:
        """Return what a caller may read: entities are periods."""
        context = self._context(request)
        context.authorize(periods.LIST)
        return context.scope(periods.LIST_ALL)

    def writing(self, request: Request) -> tuple[Scope, str]:
        """Return what a caller may correct, and who it is."""
        context = self._context(request)
        context.authorize(corrections.CREATE)
        return context.scope(corrections.CREATE_ALL), context.author

    def _context(self, request: Request) -> Context:
        return Context.of(dict(request.environ), self.settings, "")
