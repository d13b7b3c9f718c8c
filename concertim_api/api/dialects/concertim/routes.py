"""All routes of this dialect."""

from __future__ import annotations

from typing import Any

from concertim_api.api.dialects.concertim.actions import Actions
from concertim_api.api.dialects.concertim.billing import Billing
from concertim_api.api.dialects.concertim.fields import Request, Route
from concertim_api.api.dialects.concertim.keypairs import KeyPairs
from concertim_api.api.dialects.concertim.quotas import Quotas
from concertim_api.api.dialects.concertim.teams import TeamRoles, Teams
from concertim_api.api.dialects.concertim.users import Users
from concertim_api.api.dialects.replies import Reply


def table(services: Any, region: str, options: Any) -> list[Route]:
    """Return the routes for a region.

    ``options``: those of [concertim_dialect].
    """
    operations, prefix = services.operations, options.prefix
    parts = (
        Users(services.user_actions, region, prefix),
        Teams(services.team_actions, operations, region, prefix),
        TeamRoles(services.role_actions, region),
        Actions(services.actions_by_id, region),
        KeyPairs(services.keypairs, region),
        Quotas(operations, region),
        Billing(options.unbilled_credits),
    )
    return [
        Route("GET", "/", _alive, guarded=False),
        *(route for part in parts for route in part.routes()),
    ]


def _alive(request: Request) -> Reply:
    return Reply(text="Running")
