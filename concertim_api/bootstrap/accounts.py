"""The use cases of Keystone: users, teams and roles, as [operations] says."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Sequence

from oslo_config import cfg

from concertim_api.db.store import SqlStore
from concertim_api.domain import team_roles
from concertim_api.domain.errors import Invalid
from concertim_api.domain.team_roles import Grant, TeamRoles
from concertim_api.domain.view.model import Rules
from concertim_api.services.accounts.lookup import IdentityLookup
from concertim_api.services.accounts.remains import Remains
from concertim_api.services.accounts.roles import RoleActions
from concertim_api.services.accounts.teams import TeamActions
from concertim_api.services.accounts.users import UserActions
from concertim_api.services.operations.operations import Operations


@dc.dataclass(frozen=True, slots=True)
class Accounts:
    """The use cases of Keystone."""

    users: UserActions
    teams: TeamActions
    roles: RoleActions


def accounts(
    conf: cfg.ConfigOpts,
    store: SqlStore,
    operations: Operations,
    remains: Remains,
    rules: Rules,
) -> Accounts:
    """Return the use cases of Keystone. Raises Invalid, which names the
    option."""
    options = conf.operations
    roles, grants = _roles(conf), _grants(conf)
    lookup = IdentityLookup(store.ledger, operations, rules.projects)
    return Accounts(
        users=UserActions(
            lookup, operations, remains, roles, options.domain_id
        ),
        teams=TeamActions(
            store.operations,
            lookup,
            operations,
            remains,
            roles=roles,
            grants=grants,
            rules=rules.projects,
            domain_id=options.domain_id,
        ),
        roles=RoleActions(store.ledger, lookup, operations, roles),
    )


def _roles(conf: cfg.ConfigOpts) -> TeamRoles:
    try:
        return team_roles.parse_roles(conf.operations.team_roles)
    except ValueError as exc:
        raise Invalid("[operations] team_roles", str(exc)) from None


def _grants(conf: cfg.ConfigOpts) -> Sequence[Grant]:
    try:
        return team_roles.parse_grants(conf.operations.team_grants)
    except ValueError as exc:
        raise Invalid("[operations] team_grants", str(exc)) from None
