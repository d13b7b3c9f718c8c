"""Who has which role in a team."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Sequence

from concertim_api.domain import attributes
from concertim_api.domain.errors import NotFound
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.team_roles import TeamRoles
from concertim_api.services.accounts.answers import roles_of, with_roles
from concertim_api.services.accounts.lookup import Knowledge, Known
from concertim_api.services.cloud.acting import (
    Caller,
    CloudActions,
    IdentityActions,
)
from concertim_api.services.common.listing import Found, Scope
from concertim_api.services.ledger.ports import NameReader
from concertim_api.services.operations.operations import (
    Answer,
    Intent,
    Operations,
    gone_already,
)


@dc.dataclass(frozen=True, slots=True)
class TeamRole:
    """What somebody is in a team: ``role`` in our words, None if none fits;
    ``roles`` are all of Keystone's."""

    user_id: str
    user: str | None
    role: str | None
    roles: Sequence[str]


class RoleActions:
    """Grants and revokes what the map speaks of, and nothing else."""

    def __init__(
        self,
        names: NameReader,
        knowledge: Knowledge,
        operations: Operations,
        roles: TeamRoles,
    ) -> None:
        self._names = names
        self._knowledge = knowledge
        self._operations = operations
        self._roles = roles

    def list(
        self, scope: Scope, team_id: str, region: str | None = None
    ) -> Found:
        """Return the roles in a team, by the ids of its users.

        No request; 2 statements. Raises NotFound, Ambiguous.
        """
        _check(scope, team_id)
        team = self._knowledge.recorded_team(team_id, region)
        roles = attributes.section(team.details.get("roles"))
        names = self._names.names("user", set(roles)) if roles else {}
        return Found(
            [
                self._shown(
                    user_id, attributes.texts(held), names.get(user_id)
                )
                for user_id, held in sorted(roles.items())
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
        """Let somebody have this role in a team, and no other of ours.

        At no moment they have none: the new one is granted first. 2
        requests, and 1 for each role that is revoked; once in some minutes
        1 for the roles. Raises NotFound, Ambiguous, Invalid for a role that
        the map does not know, and what the cloud raises.
        """
        self._roles.check(role)
        team = self._team(caller, scope, team_id, region)

        def work(actions: CloudActions) -> Answer[TeamRole]:
            identity = actions.identity
            ids = identity.role_ids()
            wanted = self._roles.in_keystone(role, ids)
            identity.grant(team_id, user_id, ids[wanted])
            seen = identity.roles_in(team_id)
            held = roles_of(seen).get(user_id, [])
            others = {*self._roles.ours(held)} - {wanted}
            left = sorted({*held, wanted} - others)
            self._revoke(identity, team_id, user_id, others)
            return Answer(
                self._shown(user_id, left), [_changed(seen, user_id, left)]
            )

        _, found = self._operations.run(
            caller, _intent("assign", team, user_id, role), work
        )
        return dc.replace(
            found, user=self._names.names("user", [user_id]).get(user_id)
        )

    def unassign(
        self,
        caller: Caller,
        scope: Scope,
        team_id: str,
        user_id: str,
        role: str | None = None,
        region: str | None = None,
    ) -> None:
        """Revoke a role of somebody in a team, or all that are ours.

        What they do not have, is revoked already. 1 request, and 1 for each
        role. Raises as ``assign``.
        """
        if role is not None:
            self._roles.check(role)
        team = self._team(caller, scope, team_id, region)

        def work(actions: CloudActions) -> Answer[None]:
            identity = actions.identity
            seen = identity.roles_in(team_id)
            held = roles_of(seen).get(user_id, [])
            going = {*self._roles.ours(held)}
            if role is not None:
                ids = identity.role_ids()
                going &= {self._roles.in_keystone(role, ids)}
            left = sorted({*held} - going)
            self._revoke(identity, team_id, user_id, going)
            return Answer(None, [_changed(seen, user_id, left)])

        self._operations.run(
            caller, _intent("unassign", team, user_id, role), work
        )

    def _team(
        self,
        caller: Caller,
        scope: Scope,
        team_id: str,
        region: str | None,
    ) -> Known:
        _check(scope, team_id)
        team = self._knowledge.team(caller, team_id, region)
        if team.is_gone:
            raise NotFound(f"Team {team_id} not found.")
        return team

    def _revoke(
        self,
        identity: IdentityActions,
        team_id: str,
        user_id: str,
        names: set[str],
    ) -> None:
        ids = identity.role_ids() if names else {}
        for role_id in (ids[name] for name in sorted(names) if name in ids):

            def work(role_id: str = role_id) -> None:
                identity.revoke(team_id, user_id, role_id)

            gone_already(work)

    def _shown(
        self, user_id: str, held: Sequence[str], user: str | None = None
    ) -> TeamRole:
        return TeamRole(user_id, user, self._roles.shown(held), list(held))


def _check(scope: Scope, team_id: str) -> None:
    """Another's team does not exist."""
    if not scope.holds(team_id):
        raise NotFound(f"Team {team_id} not found.")


def _changed(seen: Sighting, user_id: str, names: list[str]) -> Sighting:
    """Return the roles in a team as they are once somebody has these."""
    others = {k: v for k, v in roles_of(seen).items() if k != user_id}
    return with_roles(seen, {**others, user_id: names} if names else others)


def _intent(
    action: str, team: Known, user_id: str, role: str | None
) -> Intent:
    return Intent(
        noun="role",
        action=action,
        kind="project",
        region=team.region,
        resource_id=team.id,
        name=team.name,
        project_id=team.id,
        arguments={"user_id": user_id, **({"role": role} if role else {})},
    )
