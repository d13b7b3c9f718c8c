"""The application of the legacy dialect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oslo_config import cfg

from concertim_api.api import metered
from concertim_api.api.dialects import app, dialect
from concertim_api.api.dialects.concertim import documents
from concertim_api.api.dialects.concertim.actions import Actions
from concertim_api.api.dialects.concertim.billing import Billing
from concertim_api.api.dialects.concertim.callers import (
    AuthUrls,
    Login,
    Tokens,
)
from concertim_api.api.dialects.concertim.documents import (
    ERRORS,
    Request,
    Route,
)
from concertim_api.api.dialects.concertim.keypairs import KeyPairs
from concertim_api.api.dialects.concertim.quotas import Quotas
from concertim_api.api.dialects.concertim.teams import TeamRoles, Teams
from concertim_api.api.dialects.concertim.unbilled import Unbilled
from concertim_api.api.dialects.concertim.users import Users
from concertim_api.api.dialects.dialect import Reply
from concertim_api.domain.errors import Invalid
from concertim_api.services.cloud.logins import LoginCloud


def build(
    conf: cfg.ConfigOpts,
    services: Any,
    regions: Mapping[str, LoginCloud],
    meter: metered.Meter | None = None,
) -> Any:
    """Return the WSGI application.

    Raises Invalid, naming the option, without a secret for tokens or a
    region to act in.
    """
    options = conf.concertim_dialect
    tokens = Tokens(
        options.jwt_secrets, options.jwt_max_lifetime, options.jwt_leeway
    )
    region = _region(options.region, regions)
    legacy = dialect.Dialect(
        table(services, region.region, options),
        check=tokens.check_request,
        read=documents.read,
        login=Login(
            region.logins(
                options.token_cache_time, services.operations.is_unchanged
            ),
            AuthUrls(options.auth_urls or region.auth_urls),
        ),
        errors=ERRORS,
    )
    return app.build(conf, legacy, "compat", meter)


def _region(name: str | None, regions: Mapping[str, LoginCloud]) -> LoginCloud:
    option = "[concertim_dialect] region"
    if name is None and len(regions) == 1:
        return next(iter(regions.values()))
    if not regions:
        raise Invalid(option, "no cloud is configured: see [cloud]")
    if name is None or name not in regions:
        raise Invalid(option, f"one of {', '.join(sorted(regions))}")
    return regions[name]


def table(services: Any, region: str, options: Any) -> list[Route]:
    """Return all routes of this dialect, for a region.

    ``options``: those of [concertim_dialect].
    """
    operations, prefix = services.operations, options.prefix
    billing = _billing(services, region, options)
    parts = (
        Users(services.user_actions, region, prefix),
        Teams(services.team_actions, operations, region, prefix, billing),
        TeamRoles(services.role_actions, region),
        Actions(services.actions_by_id, region),
        KeyPairs(services.keypairs, region),
        Quotas(operations, region),
        billing,
    )
    return [
        Route("GET", "/", _alive, guarded=False),
        *(route for part in parts for route in dialect.routes(part)),
    ]


def _billing(services: Any, region: str, options: Any) -> Billing | Unbilled:
    if not services.billing.is_owed:
        return Unbilled(options.unbilled_credits)
    return Billing(
        services.accounts,
        services.orders,
        services.credits,
        services.invoices,
        region,
        options.credit_threshold,
    )


def _alive(request: Request) -> Reply:
    return Reply(text="Running")
