"""Answers of Keystone, as the view is going to show them."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from concertim_api.domain.errors import Conflict
from concertim_api.domain.ledger.observations import Attributes, Ref
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.view import project
from concertim_api.domain.view.model import Fact, Team, User

#: The first words in the description of each user and project that we create.
MANAGED_USER = "Concertim Managed User"
MANAGED_PROJECT = "Concertim Managed Project"

#: kind -> the mark, and what is said of those without it.
_MARKS = {
    "user": (MANAGED_USER, "whom we did not create"),
    "project": (MANAGED_PROJECT, "that we did not create"),
}


class _Located:
    """The region and the id of a ``ref``, as callers read them."""

    __slots__ = ()

    ref: Ref

    @property
    def region(self) -> str:
        return self.ref.region

    @property
    def id(self) -> str:
        return self.ref.id


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class UserAnswer(_Located, User):
    """A user, and when Keystone was asked."""

    updated_at: datetime


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class TeamAnswer(_Located, Team):
    """A team, and when Keystone was asked."""

    updated_at: datetime


def user_of(sighting: Sighting) -> UserAnswer:
    """Return a user as the view is going to show it."""
    return UserAnswer(**_values(project.user(_fact(sighting)), sighting))


def team_of(sighting: Sighting) -> TeamAnswer:
    """Return a team as the view is going to show it."""
    return TeamAnswer(**_values(project.team(_fact(sighting)), sighting))


def _values(model: User | Team, sighting: Sighting) -> dict[str, Any]:
    fields = {f.name: getattr(model, f.name) for f in dc.fields(model)}
    return {**fields, "updated_at": sighting.observation.reported_at}


def described(mark: str, description: str | None) -> str:
    """Return the description of a user or a project that we create."""
    return f"{mark}: {description}" if description else mark


def is_marked(details: Attributes, mark: str) -> bool:
    """Whether the description of a user or a project has a mark of ours."""
    return str(details.get("description") or "").startswith(mark)


def existing(
    find: Callable[[str, str], Sighting | None],
    name: str,
    domain_id: str,
    conflict: Conflict,
) -> Sighting:
    """Return the user or project of a name that we created before.

    1 request. Raises the conflict if there is none, Conflict if somebody else
    created it. Keystone also finds other spellings of a name: they are not
    ours.
    """
    sighting = find(name, domain_id)
    if sighting is None:
        raise conflict from None
    kind, details = sighting.observation.ref.kind, sighting.observation.details
    mark, text = _MARKS[kind]
    spelling = details.get("name")
    if spelling != name:
        raise Conflict(
            f"Keystone has a {kind} {spelling}, and takes {name} for the same."
        )
    if not is_marked(details, mark):
        raise Conflict(f"Keystone has a {kind} {name} {text}.")
    return sighting


def with_roles(
    sighting: Sighting, roles: Mapping[str, Sequence[str]]
) -> Sighting:
    """Return a project with these roles in it."""
    observation = sighting.observation
    details = {**observation.details, "roles": roles}
    return dc.replace(
        sighting, observation=dc.replace(observation, details=details)
    )


def roles_of(sighting: Sighting) -> dict[str, list[str]]:
    """Return the roles in a project: names by the id of the user."""
    roles = sighting.observation.details.get("roles") or {}
    return {user: list(names) for user, names in roles.items()}


def _fact(sighting: Sighting) -> Fact:
    observation = sighting.observation
    return Fact(
        ref=observation.ref,
        shape=observation.shape,
        details=observation.details,
    )
