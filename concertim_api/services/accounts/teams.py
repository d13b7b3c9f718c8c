"""Teams: projects of Keystone, with those who have a role in each."""

from __future__ import annotations

from collections.abc import Sequence

from concertim_api.domain.errors import (
    Conflict,
    Invalid,
    NotFound,
)
from concertim_api.domain.operations import Operation
from concertim_api.domain.team_roles import Grant, TeamRoles
from concertim_api.domain.view import ours
from concertim_api.domain.view.ours import Rule
from concertim_api.services.accounts.answers import (
    FreshTeam,
    team_of,
)
from concertim_api.services.accounts.lookup import Knowledge, Known
from concertim_api.services.accounts.remains import KEPT, Remains, in_words
from concertim_api.services.accounts.team_creation import Asked, Founding
from concertim_api.services.cloud.acting import (
    Caller,
    CloudActions,
)
from concertim_api.services.common.listing import Filter, Listing
from concertim_api.services.operations.operations import (
    Answer,
    Intent,
    Operations,
)
from concertim_api.services.operations.ports import OperationLister


class TeamActions:
    """``grants``: who gets which role in each team. ``rules``: which
    projects are ours; ``domain_id``: the domain of those we create."""

    def __init__(
        self,
        log: OperationLister,
        knowledge: Knowledge,
        operations: Operations,
        remains: Remains,
        *,
        roles: TeamRoles,
        grants: Sequence[Grant],
        rules: Sequence[Rule],
        domain_id: str,
    ) -> None:
        self._log = log
        self._knowledge = knowledge
        self._operations = operations
        self._roles = roles
        self._remains = remains
        self._founding = Founding(knowledge, remains, roles, grants, domain_id)
        self._rules = rules
        self._domain_id = domain_id

    def create(
        self,
        caller: Caller,
        name: str,
        *,
        description: str | None = None,
        roles: Sequence[Asked] = (),
        region: str | None = None,
    ) -> FreshTeam:
        """Create a team, or complete the one that we created before.

        Project and roles are made together or not at all: if a role can't
        be granted, a new project is deleted again. Requests: 1, and 1 for
        each role; 2 more if the name is taken; once in some minutes 1 for
        the roles, and 1 for each user of ``grants`` of whom the ledger does
        not know. 1 statement for those users, and those of ``run``.

        Raises Invalid for a name that would be no team, or an unknown role;
        Conflict if the name is taken by a project that we did not create;
        and what the cloud raises.
        """
        tags = ours.tags_for(name, self._domain_id, self._rules)
        if tags is None:
            raise Invalid(
                "name",
                "a project of this name would be no team: see [view] projects",
            )
        for _user_id, role in roles:
            self._roles.check(role, "roles")

        where = self._operations.region(region)

        def work(actions: CloudActions) -> Answer[FreshTeam]:
            seen = self._founding.found(
                actions.identity, where, name, description, tags, roles
            )
            team = team_of(seen)
            return Answer(
                team, [seen], resource_id=team.id, project_id=team.id
            )

        _, team = self._operations.run(
            caller,
            Intent(
                noun="team",
                action="create",
                kind="project",
                region=where,
                name=name,
                arguments={"roles": [list(one) for one in roles]},
            ),
            work,
        )
        return team

    def delete(
        self, caller: Caller, team_id: str, region: str | None = None
    ) -> None:
        """Delete a team in which nothing is left; what is gone already, is.

        Those requests and statements of ``Remains.of``; then 1 request, 3
        statements, and those of ``Recorder.reconcile``. What is begun in
        the project between the two, is stranded. Raises NotFound,
        Ambiguous, Conflict saying what is left, Unavailable if that can't
        be asked, and what the cloud raises.
        """
        team = self._knowledge.team(caller, team_id, region)
        remainders = self._remains.of(team_id)  # gone or not: we may be wrong
        if remainders:
            raise Conflict(
                f"Team {team.name} still has {in_words(remainders)}: delete "
                "that first, or have it purged."
            )

        def work(actions: CloudActions) -> Answer[None]:
            return Answer(None, [actions.identity.delete_project(team_id)])

        self._operations.run(caller, _intent("delete", team), work)

    def purge(
        self, caller: Caller, team_id: str, region: str | None = None
    ) -> Operation:
        """Have an agent delete all that is in a team, and the team.

        Returns the operation, which may have been begun before. Those
        requests and statements of ``Remains.of``, none if it was begun; 4
        statements. Raises NotFound, Ambiguous, Conflict for what no purge
        deletes, Unavailable if it can't be asked what is left: then nothing
        is deleted at all.
        """
        team = self._knowledge.team(caller, team_id, region)
        begun = self._begun(team)
        if begun is not None:
            return begun
        if team.is_gone:
            raise NotFound(f"Team {team_id} not found.")
        remainders = self._remains.of(team_id)
        unpurged = [row for row in remainders if row.kind in KEPT]
        if unpurged:
            raise Conflict(
                f"Team {team.name} still has {in_words(unpurged)}, which no "
                "purge deletes: delete that first."
            )
        operation, _ = self._operations.run(
            caller, _intent("purge", team), lambda actions: Answer(None)
        )
        return operation

    def _begun(self, team: Known) -> Operation | None:
        which = {
            "noun": "team",
            "action": "purge",
            "region": team.region,
            "resource_id": team.id,
            "state": "accepted",
        }
        filters = tuple(Filter(n, "eq", v) for n, v in which.items())
        listing = Listing(filters=filters, limit=1)
        for operation in self._log.page(listing).rows:
            found: Operation = operation
            return found
        return None


def _intent(action: str, team: Known) -> Intent:
    return Intent(
        noun="team",
        action=action,
        kind="project",
        region=team.region,
        resource_id=team.id,
        name=team.name,
        project_id=team.id,
    )
