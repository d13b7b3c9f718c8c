"""A team is founded: its project, and who has which role in it.

All of it or nothing; or, of a project that was there, what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from concertim_api.domain.errors import (
    ConcertimError,
    Conflict,
    Invalid,
    NotFound,
)
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.team_roles import Grant, TeamRoles
from concertim_api.services.accounts.answers import (
    MANAGED_PROJECT,
    described,
    is_managed,
    roles_of,
    with_roles,
)
from concertim_api.services.accounts.lookup import Knowledge
from concertim_api.services.accounts.remains import Remains, in_words
from concertim_api.services.cloud.acting import IdentityActions

#: user id, and a role in a team.
Asked = tuple[str, str]


class Wanted(NamedTuple):
    """A role of Keystone that somebody is to have."""

    user_id: str
    role: str
    role_id: str


class Made(NamedTuple):
    """A project, the roles in it, and whether it is new."""

    seen: Sighting
    roles: Mapping[str, Sequence[str]]
    is_new: bool


class Founding:
    """``grants``: who gets which role in each team; ``domain_id``: the
    domain of projects that we create, and of those users."""

    def __init__(
        self,
        knowledge: Knowledge,
        remains: Remains,
        roles: TeamRoles,
        grants: Sequence[Grant],
        domain_id: str,
    ) -> None:
        self._knowledge = knowledge
        self._remains = remains
        self._roles = roles
        self._grants = grants
        self._domain_id = domain_id

    def found(
        self,
        identity: IdentityActions,
        region: str,
        name: str,
        description: str | None,
        tags: Sequence[str],
        asked: Sequence[Asked],
    ) -> Sighting:
        """Return the project as it is with its roles."""
        wanted = self._wanted(identity, region, asked)
        made = self._made(identity, name, description, tags)
        return self._granted(identity, made, wanted)

    def _wanted(
        self, identity: IdentityActions, region: str, asked: Sequence[Asked]
    ) -> list[Wanted]:
        """Return all that is to be granted, before anything is."""
        if not asked and not self._grants:
            return []
        ids = identity.role_ids()
        users = self._users(identity, region)
        found = [
            Wanted(_id(users, user, "user"), role, _id(ids, role, "role"))
            for user, role in self._grants
        ]
        for user_id, role in asked:
            name = self._roles.in_keystone(role, ids, "roles")
            found.append(Wanted(user_id, name, ids[name]))
        return list(dict.fromkeys(found))

    def _users(
        self, identity: IdentityActions, region: str
    ) -> Mapping[str, str]:
        """Return the ids of the users of ``grants``: as the ledger knows
        them, or else Keystone."""
        names = list(dict.fromkeys(grant.user for grant in self._grants))
        known = self._knowledge.user_ids(region, names, self._domain_id)
        others = [name for name in names if name not in known]
        return {**known, **identity.user_ids(others, self._domain_id)}

    def _made(
        self,
        identity: IdentityActions,
        name: str,
        description: str | None,
        tags: Sequence[str],
    ) -> Made:
        try:
            seen = identity.create_project(
                name,
                domain_id=self._domain_id,
                description=described(MANAGED_PROJECT, description),
                tags=tags,
            )
            return Made(seen, {}, is_new=True)
        except Conflict as exc:
            found = identity.find_project(name, self._domain_id)
            if found is None:
                raise exc from None
        if not is_managed(found, MANAGED_PROJECT, name):
            raise Conflict(
                f"Keystone has a project {name} that we did not create."
            )
        roles = roles_of(identity.roles_in(found.observation.ref.id))
        return Made(found, roles, is_new=False)

    def _granted(
        self,
        identity: IdentityActions,
        made: Made,
        wanted: Sequence[Wanted],
    ) -> Sighting:
        """Grant what is wanting; a new project goes again if that fails."""
        project_id = made.seen.observation.ref.id
        roles = {user: list(names) for user, names in made.roles.items()}
        for user_id, role, role_id in wanted:
            held = roles.setdefault(user_id, [])
            if role in held:
                continue
            try:
                _grant(identity, project_id, user_id, role_id)
            except Exception as exc:
                if made.is_new:
                    self._undo(identity, project_id, exc)
                raise
            held.append(role)
        told = {user: sorted(names) for user, names in roles.items()}
        return with_roles(made.seen, told)

    def _undo(
        self, identity: IdentityActions, project_id: str, because: Exception
    ) -> None:
        """Delete a project again; if that fails, or who got a role has made
        something in it, say that it is left."""
        try:
            remainders = self._remains.of(project_id)
            if remainders:
                raise Conflict(f"it has {in_words(remainders)}")
            identity.delete_project(project_id)
        except ConcertimError as exc:
            left = f"project {project_id} is left, for {exc}"
            if isinstance(because, Invalid):
                problem = f"{because.problem}; {left}"
                raise Invalid(because.field, problem) from because
            kind = (
                type(because) if isinstance(because, ConcertimError) else None
            )
            raise (kind or Conflict)(f"{because}; {left}") from because


def _grant(
    identity: IdentityActions, project_id: str, user_id: str, role_id: str
) -> None:
    try:
        identity.grant(project_id, user_id, role_id)
    except NotFound as exc:  # of something that the caller did not ask for
        raise Conflict(str(exc)) from None


def _id(ids: Mapping[str, str], name: str, noun: str) -> str:
    if name not in ids:
        raise Conflict(
            f"Keystone has no {noun} {name}: see [operations] team_grants."
        )
    return ids[name]
