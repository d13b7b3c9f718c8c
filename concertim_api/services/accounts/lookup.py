"""Users and teams that somebody wants to change: what is known of them."""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from concertim_api.domain.errors import NotFound
from concertim_api.domain.ledger.observations import Attributes
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.view import ours
from concertim_api.domain.view.ours import Rule
from concertim_api.services.accounts.answers import (
    MANAGED_PROJECT,
    MANAGED_USER,
)
from concertim_api.services.cloud.acting import Caller, IdentityActions
from concertim_api.services.common.listing import Filter, Listing
from concertim_api.services.ledger.ports import ResourceReader
from concertim_api.services.operations.operations import Operations
from concertim_api.services.view.lists import only

#: How many users of a few names are looked through: each domain may have one.
_SAME_NAME = 1000


@dc.dataclass(frozen=True, slots=True)
class Known:
    """A user or a project. ``is_gone``: it was there once."""

    region: str
    id: str
    name: str
    details: Attributes
    is_gone: bool = False


class Knowledge:
    """What the ledger knows; what it does not, Keystone is asked.

    1 statement. 1 request, only for what no listing and no event has told
    of. ``rules``: which projects are ours.
    """

    def __init__(
        self,
        ledger: ResourceReader,
        operations: Operations,
        rules: Sequence[Rule],
    ) -> None:
        self._ledger = ledger
        self._operations = operations
        self._rules = rules

    def user(self, caller: Caller, user_id: str, region: str | None) -> Known:
        """Return a user. Raises NotFound, Ambiguous."""
        row = self._row("user", user_id, region)
        found = _known(row) if row is not None else None
        if found and not found.is_gone and "description" in found.details:
            return found
        return self._asked(
            found,
            lambda: self._keystone(caller, found, region).user(user_id),
            f"User {user_id} not found.",
        )

    def team(self, caller: Caller, team_id: str, region: str | None) -> Known:
        """Return a project that is ours. Raises NotFound, Ambiguous."""
        row = self._row("project", team_id, region)
        found = _known(row) if row is not None else None
        if found is None or found.is_gone:
            found = self._asked(
                found,
                lambda: self._keystone(caller, found, region).project(team_id),
                f"Team {team_id} not found.",
            )
        if not self._is_ours(found):
            raise _no_team(team_id)
        return found

    def recorded_team(self, team_id: str, region: str | None) -> Known:
        """Return a project that is ours, as the ledger knows it; no
        request. Raises NotFound, Ambiguous."""
        row = self._row("project", team_id, region)
        if row is None or row.ended or not self._is_ours(_known(row)):
            raise _no_team(team_id)
        return _known(row)

    def user_ids(
        self, region: str, names: Sequence[str], domain_id: str
    ) -> Mapping[str, str]:
        """Return the ids of those users of a domain that the ledger knows.

        Of two with one name, one is no more so: neither is known. No
        request; 1 statement, none without names.
        """
        if not names:
            return {}
        listing = Listing(
            filters=(
                Filter("region", "eq", region),
                Filter("kind", "eq", "user"),
                Filter("name", "in", tuple(names)),
                Filter("running", "eq", True),
            ),
            limit=_SAME_NAME,
        )
        found = [
            user
            for user in map(_known, self._ledger.resources(listing).rows)
            if user.details.get("domain_id") == domain_id
        ]
        times = collections.Counter(user.name for user in found)
        return {user.name: user.id for user in found if times[user.name] == 1}

    def _row(self, kind: str, thing_id: str, region: str | None) -> Any:
        found = [
            row
            for row in self._ledger.find(thing_id)
            if row.kind == kind and region in (None, row.region)
        ]
        noun = "team" if kind == "project" else kind
        return only(noun, thing_id, found) if found else None

    def _asked(
        self, found: Known | None, ask: Callable[[], Sighting], none: str
    ) -> Known:
        """Ask Keystone; what was there once, and is not, is gone."""
        try:
            return _told(ask())
        except NotFound:
            if found is None:
                raise NotFound(none) from None
            return dc.replace(found, is_gone=True)

    def _keystone(
        self, caller: Caller, found: Known | None, region: str | None
    ) -> IdentityActions:
        where = found.region if found else self._operations.region(region)
        return self._operations.actions(caller, where).identity

    def _is_ours(self, found: Known) -> bool:
        return ours.matches(found.id, found.details, self._rules) or (
            is_marked(found, MANAGED_PROJECT)
        )


def is_marked(found: Known, managed: str = MANAGED_USER) -> bool:
    """Whether its description says that we created it."""
    description = found.details.get("description")
    return isinstance(description, str) and description.startswith(managed)


def _known(row: Any) -> Known:
    details = orjson.loads(row.details)
    return Known(
        region=row.region,
        id=row.id,
        name=row.name or row.id,
        details=details,
        is_gone=row.ended is not None,
    )


def _told(seen: Sighting) -> Known:
    told = seen.observation
    return Known(
        region=told.ref.region,
        id=told.ref.id,
        name=str(told.details.get("name") or told.ref.id),
        details=told.details,
    )


def _no_team(team_id: str) -> NotFound:
    return NotFound(f"Team {team_id} not found.")
