"""Teams: projects of Keystone, with those who have a role in each."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Sequence

from concertim_api.domain.errors import (
    Conflict,
    NotFound,
)
from concertim_api.domain.operations import Operation
from concertim_api.services.accounts.answers import (
    TeamAnswer,
    team_of,
)
from concertim_api.services.accounts.lookup import (
    IdentityLookup,
    IdentityResource,
)
from concertim_api.services.accounts.purges import OPEN_PURGES
from concertim_api.services.accounts.remains import KEPT, Remains, in_words
from concertim_api.services.accounts.team_creation import (
    RoleRequest,
    TeamCreation,
)
from concertim_api.services.cloud.acting import (
    Caller,
    CloudActions,
)
from concertim_api.services.common.listing import (
    EVERY_PROJECT,
    Listing,
    equal,
)
from concertim_api.services.operations.operations import (
    Answer,
    Intent,
    Operations,
    Target,
)


@dc.dataclass(frozen=True, slots=True)
class TeamActions:
    """Creates, deletes and purges projects of Keystone that are ours."""

    lookup: IdentityLookup
    operations: Operations
    remains: Remains
    creation: TeamCreation

    def create(
        self,
        caller: Caller,
        name: str,
        *,
        description: str | None = None,
        roles: Sequence[RoleRequest] = (),
        region: str | None = None,
    ) -> TeamAnswer:
        """Create a team, or complete the one that we created before.

        Project and roles are created together or not at all: if a grant
        fails, a new project is deleted again. Requests: 1, and 1 for each
        role; 2 more if the name is in use; once in some minutes 1 for the
        roles, and 1 for each user of ``grants`` that the ledger does not
        have. 1 statement for those users, and those of ``run``.

        Raises Invalid for a name that would be no team, or an unknown role;
        Conflict if a project that we did not create has the name; and what
        the cloud raises.
        """
        tags = self.creation.tags(name, roles)
        region = self.operations.region(region)

        def work(actions: CloudActions) -> Answer[TeamAnswer]:
            sighting = self.creation.create(
                actions.identity, region, name, description, tags, roles
            )
            team = team_of(sighting)
            return Answer(team, [sighting], team.id, team.id)

        target = Target(region, "project", "", name)
        arguments = {"roles": [list(request) for request in roles]}
        intent = Intent(target, "team", "create", arguments)
        return self.operations.run(caller, intent, work)[1]

    def delete(
        self, caller: Caller, team_id: str, region: str | None = None
    ) -> None:
        """Delete a team in which nothing is left; that it is gone is no
        error.

        The requests and statements of ``Remains.of``; then 1 request, 3
        statements, and those of ``Recorder.reconcile``. What is created in
        the project between the two is stranded. Raises NotFound, Ambiguous,
        Conflict with what is left, Unavailable if that can't be asked, and
        what the cloud raises.
        """
        team = self.lookup.team(caller, team_id, region)
        # Even of one that is gone: we may be wrong.
        remainders = self.remains.of(team_id)
        if remainders:
            raise Conflict(
                f"Team {team.name} still has {in_words(remainders)}: delete "
                "that first, or have it purged."
            )

        def work(actions: CloudActions) -> Answer[None]:
            return Answer(None, [actions.identity.delete_project(team_id)])

        intent = Intent(team.target, "team", "delete")
        self.operations.run(caller, intent, work)

    def purge(
        self, caller: Caller, team_id: str, region: str | None = None
    ) -> Operation:
        """Have an agent delete all that is in a team, and the team.

        Returns the operation; an open one is returned again. The requests
        and statements of ``Remains.of``, none if there is an open one; 4
        statements. Raises NotFound, Ambiguous, Conflict for what no purge
        deletes, Unavailable if it can't be asked what is left: then nothing
        is deleted.
        """
        team = self.lookup.team(caller, team_id, region)
        purge = self._open_purge(team)
        if purge is not None:
            return purge
        if team.is_gone:
            raise NotFound(f"Team {team_id} not found.")
        remainders = self.remains.of(team_id)
        unpurged = [row for row in remainders if row.kind in KEPT]
        if unpurged:
            raise Conflict(
                f"Team {team.name} still has {in_words(unpurged)}, which no "
                "purge deletes: delete that first."
            )
        intent = Intent(team.target, "team", "purge")
        run = self.operations.run
        return run(caller, intent, lambda actions: Answer(None))[0]

    def _open_purge(self, team: IdentityResource) -> Operation | None:
        of_team = equal(region=team.region, resource_id=team.id)
        listing = Listing(filters=(*OPEN_PURGES, *of_team), limit=1)
        page = self.operations.list(EVERY_PROJECT, listing)
        return next(iter(page.rows), None)
