"""What a process of the API counts."""

from __future__ import annotations

import prometheus_client as client

from concertim_api.instrumentation import declared


class ApiMeter:
    """The meter of ``api.metered`` and ``api.auth``."""

    def __init__(self, registry: client.CollectorRegistry | None) -> None:
        self._requests = declared.API_REQUESTS.made(registry)
        self._duration = declared.API_DURATION.made(registry)
        self._logins_refused = declared.LOGINS_REFUSED.made(registry)

    def answered(
        self, method: str, route: str, status: str, seconds: float
    ) -> None:
        self._requests.labels(method, route, status).inc()
        self._duration.labels(method, route).observe(seconds)

    def login_refused(self) -> None:
        self._logins_refused.inc()
