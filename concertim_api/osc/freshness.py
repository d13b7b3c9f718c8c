"""How fresh the answers are: no agent runs, or the view is old."""

from __future__ import annotations

from typing import Any

from concertim_api.client.errors import ClientError
from concertim_api.osc.cells import duration_text

#: Seconds after which a view is old. An idle agent reports every ten.
OLD = 15.0


def problem(client: Any) -> str:
    """Return what makes answers old, in a sentence; "": nothing.

    One request, for anybody. An API that does not tell its health, or a proxy
    that does not pass it, is no reason to fail: ``openstack concertim
    status`` is for that.
    """
    try:
        jobs = client.health.jobs()
    except ClientError:
        return ""
    since, age = jobs.get("agent_silent_since"), jobs.get("view_age")
    if since:
        moment = since.replace("T", " ").removesuffix("Z")
        return f"No agent runs since {moment} UTC."
    if age is not None and age > OLD:
        return f"The view is {duration_text(int(age))} old."
    return ""
