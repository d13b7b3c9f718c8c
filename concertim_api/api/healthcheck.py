"""GET /healthcheck: whether we can serve, and if not, why."""

from __future__ import annotations

import dataclasses as dc
import pathlib
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import orjson
from oslo_config import cfg
from oslo_middleware.healthcheck import opts

from concertim_api.api import errors
from concertim_api.api.context import Context, Settings
from concertim_api.domain.errors import Unavailable
from concertim_api.policies import health as policies
from concertim_api.services.monitoring.health import Check, Health

#: Set in the environ of a request: its caller may see details.
_ADMITTED = "concertim.health_details"


class Healthcheck:
    """Answers with a status that is the same with a token and without.

    503 while a vital check fails, or while the file exists that
    [healthcheck]/disable_by_file_path names: so a load balancer drops a
    server before it is stopped. A check that is not vital fails for all
    servers at once, and none of them should be dropped for that.

    A caller with a token that the policy lets pass gets details.
    ``application`` leads to ``Admission``, behind the check of tokens.
    """

    def __init__(
        self,
        application: WSGIApplication,
        conf: cfg.ConfigOpts,
        health: Health,
    ) -> None:
        conf.register_opts(opts.DISABLE_BY_FILE_OPTS, group="healthcheck")
        self._application = application
        self._conf = conf
        self._health = health

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        checks = [*self._by_file(), *self._health.checks()]
        failed = [check for check in checks if check.vital and not check.ok]
        body = orjson.dumps(
            _document(
                checks,
                failed,
                environ.get("openstack.request_id", ""),
                detailed=self._admits(environ),
            )
        )
        status = 503 if failed else 200
        return errors.send(status, body, environ, start_response)

    def _by_file(self) -> list[Check]:
        path = self._conf.healthcheck.disable_by_file_path
        if path and pathlib.Path(path).exists():
            return [Check("file", ok=False, reason="disabled by file")]
        return []

    def _admits(self, environ: WSGIEnvironment) -> bool:
        """Return whether the token of a request lets its caller see details.

        Asks Keystone as any request does. False while it can't be asked.
        """
        if "HTTP_X_AUTH_TOKEN" not in environ:
            return False
        request = dict(environ)
        try:
            self._application(request, lambda *_: lambda data: None)
        except Unavailable:  # the database, where named keys are
            return False
        return bool(request.get(_ADMITTED))


@dc.dataclass(frozen=True, slots=True)
class Admission:
    """Notes, behind the check of tokens, whether a caller may see details."""

    application: WSGIApplication
    settings: Settings

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        context = Context.of(environ, self.settings, "")
        environ[_ADMITTED] = context.passes(policies.DETAILS)
        start_response("204 No Content", [])
        return []


def _document(
    checks: list[Check],
    failed: list[Check],
    request_id: str,
    *,
    detailed: bool,
) -> dict[str, Any]:
    all_ok = all(check.ok for check in checks)
    document: dict[str, Any] = {
        "status": "failing" if failed else "ok" if all_ok else "degraded",
        "checks": [_entry(check, detailed) for check in checks],
    }
    if failed:
        document["errors"] = [
            errors.Problem(
                503,
                "unavailable",
                "Unavailable",
                f"{check.name}: {check.reason}",
            ).entry(request_id)
            for check in failed
        ]
    return document


def _entry(check: Check, detailed: bool) -> dict[str, Any]:
    entry = {
        "name": check.name,
        "ok": check.ok,
        "reason": check.reason,
        **check.facts,
    }
    return {**entry, "detail": check.detail} if detailed else entry
