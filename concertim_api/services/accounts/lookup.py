"""Users and projects that callers want to change, by their ids."""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Mapping, Sequence

import orjson

from concertim_api.domain.errors import NotFound
from concertim_api.domain.ledger.observations import Attributes
from concertim_api.domain.view import ours
from concertim_api.domain.view.ours import Rule
from concertim_api.services.accounts.answers import (
    MANAGED_PROJECT,
    is_marked,
)
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.common.listing import Filter, Listing, equal
from concertim_api.services.ledger.ports import ResourceReader, ResourceRow
from concertim_api.services.operations.operations import Operations, Target
from concertim_api.services.view.lists import only

#: Users that are read for a few names; each domain may have one of a name.
_SAME_NAME = 1000

_NOUNS = {"user": "user", "project": "team"}


@dc.dataclass(frozen=True, slots=True)
class IdentityResource:
    """A user or a project. ``is_gone``: it was there once."""

    region: str
    kind: str
    id: str
    name: str
    details: Attributes
    is_gone: bool = False

    @property
    def is_recorded(self) -> bool:
        """Whether it is there, and the ledger has all of it."""
        return not self.is_gone and "description" in self.details

    @property
    def target(self) -> Target:
        project_id = self.id if self.kind == "project" else None
        return Target(self.region, self.kind, self.id, self.name, project_id)


@dc.dataclass(frozen=True, slots=True)
class IdentityLookup:
    """Users and projects, by the ledger or else by Keystone.

    1 statement. 1 request, only for what the ledger does not have. ``rules``
    say which projects are ours.
    """

    ledger: ResourceReader
    operations: Operations
    rules: Sequence[Rule]

    def user(
        self, caller: Caller, user_id: str, region: str | None
    ) -> IdentityResource:
        """Return a user. Raises NotFound, Ambiguous."""
        user = self._recorded("user", user_id, region)
        if user and user.is_recorded:
            return user
        return self._shown(caller, "user", user_id, region, user)

    def team(
        self, caller: Caller, team_id: str, region: str | None
    ) -> IdentityResource:
        """Return a project that is ours. Raises NotFound, Ambiguous."""
        team = self._recorded("project", team_id, region)
        if team is None or not team.is_recorded:
            team = self._shown(caller, "project", team_id, region, team)
        if not self._is_ours(team):
            raise _not_found("project", team_id)
        return team

    def recorded_team(
        self, team_id: str, region: str | None
    ) -> IdentityResource:
        """Return a project that is ours, by the ledger alone. No request.

        Raises NotFound, Ambiguous.
        """
        team = self._recorded("project", team_id, region)
        if team is None or team.is_gone or not self._is_ours(team):
            raise _not_found("project", team_id)
        return team

    def user_ids(
        self, region: str, names: Sequence[str], domain_id: str
    ) -> Mapping[str, str]:
        """Return the ids of those users of a domain that the ledger has.

        If it has two of one name, it leaves out both. No request; 1
        statement, none without names.
        """
        if not names:
            return {}
        listing = Listing(
            filters=(
                *equal(region=region, kind="user", running=True),
                Filter("name", "in", tuple(names)),
            ),
            limit=_SAME_NAME,
        )
        users = [
            user
            for user in map(_of_row, self.ledger.resources(listing).rows)
            if user.details.get("domain_id") == domain_id
        ]
        times = collections.Counter(user.name for user in users)
        return {user.name: user.id for user in users if times[user.name] == 1}

    def _recorded(
        self, kind: str, resource_id: str, region: str | None
    ) -> IdentityResource | None:
        rows = [
            row
            for row in self.ledger.find(resource_id)
            if row.kind == kind and region in (None, row.region)
        ]
        if not rows:
            return None
        return _of_row(only(_NOUNS[kind], resource_id, rows))

    def _shown(
        self,
        caller: Caller,
        kind: str,
        resource_id: str,
        region: str | None,
        recorded: IdentityResource | None,
    ) -> IdentityResource:
        """Return what Keystone shows; if nothing, the recorded one is
        gone."""
        where = recorded.region if recorded else self.operations.region(region)
        identity = self.operations.actions(caller, where).identity
        ask = identity.user if kind == "user" else identity.project
        try:
            observation = ask(resource_id).observation
        except NotFound:
            if recorded is None:
                raise _not_found(kind, resource_id) from None
            return dc.replace(recorded, is_gone=True)
        ref, details = observation.ref, observation.details
        name = str(details.get("name") or ref.id)
        return IdentityResource(ref.region, ref.kind, ref.id, name, details)

    def _is_ours(self, team: IdentityResource) -> bool:
        return is_marked(team.details, MANAGED_PROJECT) or ours.matches(
            team.id, team.details, self.rules
        )


def _of_row(row: ResourceRow) -> IdentityResource:
    return IdentityResource(
        region=row.region,
        kind=row.kind,
        id=row.id,
        name=row.name or row.id,
        details=orjson.loads(row.details),
        is_gone=row.ended is not None,
    )


def _not_found(kind: str, resource_id: str) -> NotFound:
    return NotFound(f"{_NOUNS[kind].capitalize()} {resource_id} not found.")
