"""The use cases of Keystone: users, teams and roles, as [operations] says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from oslo_config import cfg

from concertim_api.db.store import SqlStore
from concertim_api.domain import team_roles
from concertim_api.domain.errors import Invalid
from concertim_api.domain.view.model import Rules
from concertim_api.services.accounts.lookup import IdentityLookup
from concertim_api.services.accounts.remains import Remains
from concertim_api.services.accounts.roles import RoleActions
from concertim_api.services.accounts.team_creation import TeamCreation
from concertim_api.services.accounts.teams import TeamActions
from concertim_api.services.accounts.users import UserActions
from concertim_api.services.operations.operations import Operations

T = TypeVar("T")


def accounts(
    conf: cfg.ConfigOpts,
    store: SqlStore,
    operations: Operations,
    remains: Remains,
    rules: Rules,
) -> tuple[UserActions, TeamActions, RoleActions]:
    """Return the use cases of users, teams and roles.

    Raises Invalid, which names the option.
    """
    projects, domain_id = rules.projects, conf.operations.domain_id
    roles = _parsed(conf, "team_roles", team_roles.parse_roles)
    grants = _parsed(conf, "team_grants", team_roles.parse_grants)
    lookup = IdentityLookup(store.ledger, operations, projects)
    creation = TeamCreation(
        lookup, remains, roles, grants, projects, domain_id
    )
    return (
        UserActions(lookup, operations, remains, roles, domain_id),
        TeamActions(lookup, operations, remains, creation),
        RoleActions(store.ledger, lookup, operations, roles),
    )


def _parsed(conf: cfg.ConfigOpts, name: str, parse: Callable[[Any], T]) -> T:
    try:
        return parse(conf.operations[name])
    except ValueError as exc:
        raise Invalid(f"[operations] {name}", str(exc)) from None
