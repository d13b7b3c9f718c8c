"""GET /healthcheck: whether we can serve, and if not, why."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from oslo_config import cfg
from oslo_middleware.healthcheck import opts

from concertim_api.api import errors
from concertim_api.api.context import Context, Settings
from concertim_api.domain.errors import Unavailable
from concertim_api.policies import health as policies
from concertim_api.services.monitoring.health import Check, Health

Environ = dict[str, Any]
Start = Callable[..., Any]

_PATH = "/healthcheck"

#: Set in the environ of a request: its caller may see details.
_ADMITTED = "concertim.health_details"


class Healthcheck:
    """Answers; the status is the same for everybody, token or none.

    503 while a vital check fails, or while the file exists that
    [healthcheck]/disable_by_file_path names: so a load balancer lets go of a
    server before it is stopped. What is not vital is the same for all
    servers behind it, and none of them should be let go of for that.

    Who has a token, and may, is told details. ``application`` leads to
    ``Admission``, behind what looks at tokens.
    """

    def __init__(
        self, application: Any, conf: cfg.ConfigOpts, health: Health
    ) -> None:
        conf.register_opts(opts.DISABLE_BY_FILE_OPTS, group="healthcheck")
        self._application = application
        self._conf = conf
        self._health = health

    def __call__(
        self, environ: Environ, start_response: Start
    ) -> Iterable[bytes]:
        if not _is_asked(environ):
            answer: Iterable[bytes]
            answer = self._application(environ, start_response)
            return answer
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
        environ[errors.SAID] = True
        start_response(
            "503 Service Unavailable" if failed else "200 OK",
            [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
            ],
        )
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _by_file(self) -> list[Check]:
        path = self._conf.healthcheck.disable_by_file_path
        if path and pathlib.Path(path).exists():
            return [Check("file", ok=False, reason="disabled by file")]
        return []

    def _admits(self, environ: Environ) -> bool:
        """Whether a request has a token that lets its caller see details.

        Asks Keystone as any request does. False while it can't be asked.
        """
        if "HTTP_X_AUTH_TOKEN" not in environ:
            return False
        request = dict(environ)
        try:
            self._application(request, lambda *_: None)
        except Unavailable:  # of a named key, the database says it
            return False
        return bool(request.get(_ADMITTED))


class Admission:
    """Notes, behind what looks at tokens, who may see details."""

    def __init__(self, application: Any, settings: Settings) -> None:
        self._application = application
        self._settings = settings

    def __call__(
        self, environ: Environ, start_response: Start
    ) -> Iterable[bytes]:
        if not _is_asked(environ):
            answer: Iterable[bytes]
            answer = self._application(environ, start_response)
            return answer
        context = Context.of(environ, self._settings, "")
        environ[_ADMITTED] = context.passes(policies.DETAILS)
        start_response("204 No Content", [])
        return []


def _is_asked(environ: Environ) -> bool:
    return environ.get("PATH_INFO") == _PATH and environ["REQUEST_METHOD"] in (
        "GET",
        "HEAD",
    )


def _document(
    checks: list[Check],
    failed: list[Check],
    request_id: str,
    *,
    detailed: bool,
) -> dict[str, Any]:
    whole = all(check.ok for check in checks)
    document: dict[str, Any] = {
        "status": "failing" if failed else "ok" if whole else "degraded",
        "checks": [_shown(check, detailed) for check in checks],
    }
    if failed:
        document["errors"] = [
            errors.Problem(
                503,
                "unavailable",
                "Unavailable",
                f"{check.name}: {check.reason}",
            ).said(request_id)
            for check in failed
        ]
    return document


def _shown(check: Check, detailed: bool) -> dict[str, Any]:
    shown = {"name": check.name, "ok": check.ok, "reason": check.reason}
    return {**shown, "detail": check.detail} if detailed else shown
