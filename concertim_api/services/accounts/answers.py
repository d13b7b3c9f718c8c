"""What Keystone has just answered, as the view is going to show it."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping, Sequence
from datetime import datetime

from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.view import project
from concertim_api.domain.view.model import Fact

#: What the description of each user and project begins with that we create,
#: so that we know it again.
MANAGED_USER = "Concertim Managed User"
MANAGED_PROJECT = "Concertim Managed Project"


@dc.dataclass(frozen=True, slots=True)
class FreshUser:
    region: str
    id: str
    name: str
    label: str
    email: str | None
    enabled: bool
    updated_at: datetime


@dc.dataclass(frozen=True, slots=True)
class FreshTeam:
    region: str
    id: str
    name: str
    label: str
    description: str
    enabled: bool
    roles: Mapping[str, Sequence[str]]
    updated_at: datetime
    cost: None = None
    credits: None = None
    billing_account_id: None = None


def user_of(seen: Sighting) -> FreshUser:
    """Return a user as it is to be shown."""
    user, told = project.user(_fact(seen)), seen.observation
    return FreshUser(
        region=told.ref.region,
        id=told.ref.id,
        name=user.name,
        label=user.label,
        email=user.email,
        enabled=user.enabled,
        updated_at=told.reported_at,
    )


def team_of(seen: Sighting) -> FreshTeam:
    """Return a team as it is to be shown."""
    team, told = project.team(_fact(seen)), seen.observation
    return FreshTeam(
        region=told.ref.region,
        id=told.ref.id,
        name=team.name,
        label=team.label,
        description=team.description,
        enabled=team.enabled,
        roles=team.roles,
        updated_at=told.reported_at,
    )


def described(managed: str, description: str | None) -> str:
    """Return the description of something that we create."""
    return f"{managed}: {description}" if description else managed


def is_managed(seen: Sighting, managed: str, name: str) -> bool:
    """Whether we created what has this name; another spelling of it is
    another one, though Keystone finds it."""
    details = seen.observation.details
    if details.get("name") != name:
        return False
    return str(details.get("description") or "").startswith(managed)


def with_roles(seen: Sighting, roles: Mapping[str, Sequence[str]]) -> Sighting:
    """Return a project as it is once these are the roles in it."""
    told = seen.observation
    details = {**told.details, "roles": roles}
    return dc.replace(seen, observation=dc.replace(told, details=details))


def roles_of(seen: Sighting) -> dict[str, list[str]]:
    """Return the roles in a project: names by the id of the user."""
    roles = seen.observation.details.get("roles") or {}
    return {user: list(names) for user, names in roles.items()}


def _fact(seen: Sighting) -> Fact:
    told = seen.observation
    return Fact(ref=told.ref, shape=told.shape, details=told.details)
