"""Who has which role in a team."""

from __future__ import annotations

import contextlib
import dataclasses as dc
from collections.abc import Sequence

from concertim_api.domain import attributes
from concertim_api.domain.errors import NotFound
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.team_roles import TeamRoles
from concertim_api.services.accounts.answers import roles_of, with_roles
from concertim_api.services.accounts.lookup import (
    IdentityLookup,
    IdentityResource,
)
from concertim_api.services.cloud.acting import (
    Caller,
    CloudActions,
    IdentityActions,
)
from concertim_api.services.common.listing import Page, Scope
from concertim_api.services.ledger.ports import NameReader
from concertim_api.services.operations.operations import (
    Answer,
    Intent,
    Operations,
)


@dc.dataclass(frozen=True, slots=True)
class TeamRole:
    """The role of a user in a team; None: the map has none that fits.
    ``roles`` are all of Keystone's."""

    user_id: str
    user: str | None
    role: str | None
    roles: Sequence[str]


@dc.dataclass(frozen=True, slots=True)
class RoleActions:
    """Grants and revokes the roles of the map, and no others."""

    names: NameReader
    lookup: IdentityLookup
    operations: Operations
    roles: TeamRoles

    def list(
        self, scope: Scope, team_id: str, region: str | None = None
    ) -> Page:
        """Return the roles in a team, by the ids of its users.

        No request; 2 statements. Raises NotFound, Ambiguous.
        """
        _check(scope, team_id)
        team = self.lookup.recorded_team(team_id, region)
        roles = attributes.section(team.details.get("roles"))
        names = self.names.names("user", set(roles)) if roles else {}
        return Page(
            [
                self._role(
                    user_id, attributes.texts(texts), names.get(user_id)
                )
                for user_id, texts in sorted(roles.items())
            ]
        )

    def assign(
        self,
        caller: Caller,
        scope: Scope,
        team_id: str,
        user_id: str,
        role: str,
        region: str | None = None,
    ) -> TeamRole:
        """Give a user this role in a team, and no other of the map.

        The new role is granted before the others are revoked. 2 requests,
        and 1 for each role that is revoked; once in some minutes 1 for the
        roles. Raises NotFound, Ambiguous, Invalid for a role that the map
        does not have, and what the cloud raises.
        """
        self.roles.check(role)
        team = self._team(caller, scope, team_id, region)

        def work(actions: CloudActions) -> Answer[TeamRole]:
            identity = actions.identity
            ids = identity.role_ids()
            name = self.roles.in_keystone(role, ids)
            identity.grant(team_id, user_id, ids[name])
            names, sighting = self._revoke(
                identity, team_id, user_id, keep=frozenset({name})
            )
            return Answer(self._role(user_id, names), [sighting])

        arguments = {"user_id": user_id, "role": role}
        intent = Intent(team.target, "role", "assign", arguments)
        _, team_role = self.operations.run(caller, intent, work)
        names = self.names.names("user", [user_id])
        return dc.replace(team_role, user=names.get(user_id))

    def unassign(
        self,
        caller: Caller,
        scope: Scope,
        team_id: str,
        user_id: str,
        role: str | None = None,
        region: str | None = None,
    ) -> None:
        """Revoke a role of a user in a team, or all of the map.

        That the user does not have it is no error. 1 request, and 1 for each
        role. Raises as ``assign``.
        """
        if role is not None:
            self.roles.check(role)
        team = self._team(caller, scope, team_id, region)

        def work(actions: CloudActions) -> Answer[None]:
            identity, only = actions.identity, None
            if role is not None:
                only = self.roles.in_keystone(role, identity.role_ids())
            _, sighting = self._revoke(identity, team_id, user_id, only=only)
            return Answer(None, [sighting])

        arguments = {"user_id": user_id} | ({"role": role} if role else {})
        intent = Intent(team.target, "role", "unassign", arguments)
        self.operations.run(caller, intent, work)

    def _team(
        self,
        caller: Caller,
        scope: Scope,
        team_id: str,
        region: str | None,
    ) -> IdentityResource:
        _check(scope, team_id)
        team = self.lookup.team(caller, team_id, region)
        if team.is_gone:
            raise NotFound(f"Team {team_id} not found.")
        return team

    def _revoke(
        self,
        identity: IdentityActions,
        team_id: str,
        user_id: str,
        *,
        keep: frozenset[str] = frozenset(),
        only: str | None = None,
    ) -> tuple[Sequence[str], Sighting]:
        """Revoke a user's roles of the map, or ``only`` one of them.

        Returns the roles that the user has then, with those to ``keep``, and
        the team with its roles.
        """
        project = identity.roles_in(team_id)
        roles = roles_of(project)
        before = keep.union(roles.pop(user_id, ()))
        revoked = self.roles.mapped(before) - keep
        if only is not None:
            revoked &= {only}
        ids = identity.role_ids() if revoked else {}
        for role_id in (ids[name] for name in sorted(revoked) if name in ids):
            with contextlib.suppress(NotFound):
                identity.revoke(team_id, user_id, role_id)
        after = sorted(before - revoked)
        if after:
            roles[user_id] = after
        return after, with_roles(project, roles)

    def _role(
        self, user_id: str, names: Sequence[str], user: str | None = None
    ) -> TeamRole:
        return TeamRole(user_id, user, self.roles.role_of(names), list(names))


def _check(scope: Scope, team_id: str) -> None:
    """Raise NotFound for a team that the caller may not see."""
    if not scope.holds(team_id):
        raise NotFound(f"Team {team_id} not found.")
