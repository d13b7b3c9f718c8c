"""The health of the service, which everybody may see."""

from __future__ import annotations

from typing import Any

from concertim_api.client.collection import Manager


class Health(Manager):
    """Whether the service can serve, and if not, why."""

    def get(self) -> dict[str, Any]:
        """Return the document of /healthcheck; one request, not repeated.

        Raises Unavailable if it can't serve.
        """
        health: dict[str, Any] = self._http.request(
            "GET", "/healthcheck", retries=0
        )
        return health

    def jobs(self) -> dict[str, Any]:
        """Return the check of the agent's jobs; {}: there is none.

        ``agent_silent_since``: since when no agent runs; None: one does.
        ``view_age``: for how many seconds nobody looked whether the view is
        right. One request.
        """
        for check in self.get()["checks"]:
            if check["name"] == "jobs":
                return dict(check)
        return {}
