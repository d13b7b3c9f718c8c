"""The creation of a team: its project, and the roles of its users.

All of it or nothing; for a project that we created before, what is missing.
"""

from __future__ import annotations

import dataclasses as dc
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
from concertim_api.domain.view import ours
from concertim_api.domain.view.ours import Rule
from concertim_api.services.accounts.answers import (
    MANAGED_PROJECT,
    described,
    existing,
    roles_of,
    with_roles,
)
from concertim_api.services.accounts.lookup import IdentityLookup
from concertim_api.services.accounts.remains import Remains, in_words
from concertim_api.services.cloud.acting import IdentityActions

#: A user's id, and a role in a team.
RoleRequest = tuple[str, str]


class IdGrant(NamedTuple):
    """A role of Keystone that a user is to get, by ids."""

    user_id: str
    role: str
    role_id: str


@dc.dataclass(frozen=True, slots=True)
class TeamCreation:
    """``grants``: who gets which role in each team. ``rules`` say which
    projects are ours; ``domain_id``: the domain of those that we create, and
    of the users of ``grants``."""

    lookup: IdentityLookup
    remains: Remains
    roles: TeamRoles
    grants: Sequence[Grant]
    rules: Sequence[Rule]
    domain_id: str

    def tags(
        self, name: str, requests: Sequence[RoleRequest]
    ) -> Sequence[str]:
        """Return the tags of a new project, by which it is ours.

        Raises Invalid for a name that would be no team, or an unknown role.
        """
        tags = ours.tags_for(name, self.domain_id, self.rules)
        if tags is None:
            raise Invalid(
                "name",
                "a project of this name would be no team: see [view] projects",
            )
        for _user_id, role in requests:
            self.roles.check(role, "roles")
        return tags

    def create(
        self,
        identity: IdentityActions,
        region: str,
        name: str,
        description: str | None,
        tags: Sequence[str],
        requests: Sequence[RoleRequest],
    ) -> Sighting:
        """Return the project as it is with its roles."""
        grants = self._all_grants(identity, region, requests)
        try:
            project = identity.create_project(
                name,
                domain_id=self.domain_id,
                description=described(MANAGED_PROJECT, description),
                tags=tags,
            )
        except Conflict as exc:
            domain_id = self.domain_id
            project = existing(identity.find_project, name, domain_id, exc)
            roles = roles_of(identity.roles_in(project.observation.ref.id))
            project = with_roles(project, roles)
            return self._grant_all(identity, project, grants)
        try:
            return self._grant_all(identity, project, grants)
        except Exception as exc:
            self._undo(identity, project.observation.ref.id, exc)
            raise

    def _all_grants(
        self,
        identity: IdentityActions,
        region: str,
        requests: Sequence[RoleRequest],
    ) -> list[IdGrant]:
        """Return all grants with their ids, before the first is made."""
        if not requests and not self.grants:
            return []
        role_ids = identity.role_ids()
        user_ids = self._user_ids(identity, region)
        grants = [
            IdGrant(
                _id(user_ids, user, "user"), role, _id(role_ids, role, "role")
            )
            for user, role in self.grants
        ]
        for user_id, role in requests:
            name = self.roles.in_keystone(role, role_ids, "roles")
            grants.append(IdGrant(user_id, name, role_ids[name]))
        return list(dict.fromkeys(grants))

    def _user_ids(
        self, identity: IdentityActions, region: str
    ) -> Mapping[str, str]:
        """Return the ids of the users of ``grants``, by the ledger or else
        by Keystone."""
        names = list(dict.fromkeys(grant.user for grant in self.grants))
        recorded = self.lookup.user_ids(region, names, self.domain_id)
        others = [name for name in names if name not in recorded]
        return {**recorded, **identity.user_ids(others, self.domain_id)}

    def _grant_all(
        self,
        identity: IdentityActions,
        project: Sighting,
        grants: Sequence[IdGrant],
    ) -> Sighting:
        """Make the grants that are missing; return the project with them."""
        roles = roles_of(project)
        for user_id, role, role_id in grants:
            names = roles.setdefault(user_id, [])
            if role not in names:
                _grant(identity, project.observation.ref.id, user_id, role_id)
                names.append(role)
        return with_roles(
            project, {user: sorted(names) for user, names in roles.items()}
        )

    def _undo(
        self, identity: IdentityActions, project_id: str, cause: Exception
    ) -> None:
        """Delete a new project again.

        If that fails, or somebody with a new role has made something in it,
        raise the cause with the words that the project is left.
        """
        try:
            remainders = self.remains.of(project_id)
            if remainders:
                raise Conflict(f"it has {in_words(remainders)}")
            identity.delete_project(project_id)
        except ConcertimError as exc:
            text = f"project {project_id} is left, for {exc}"
            if isinstance(cause, Invalid):
                problem = f"{cause.problem}; {text}"
                raise Invalid(cause.field, problem) from cause
            kind = type(cause) if isinstance(cause, ConcertimError) else None
            raise (kind or Conflict)(f"{cause}; {text}") from cause


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
