"""Keystone: projects with who may do what in them, and users."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from concertim_api.clouds.openstack.collection import Collection, Collections
from concertim_api.domain.errors import Unavailable
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads import keystone
from concertim_api.payloads.facts import Facts, Payload
from concertim_api.services.cloud.reading import LeftOut, ListedPage

_PROJECTS = Collection("project", "/projects", "project", limited=False)
_USERS = Collection("user", "/users", "user", limited=False)

#: The roles that each user has in effect, by groups and by projects above;
#: with names.
_ROLES = {"effective": "", "include_names": "true"}


class Identity:
    kinds = ("project", "user")

    def __init__(self, api: Collections) -> None:
        self._api = api

    def listing(self, kind: str) -> Iterator[ListedPage]:
        """Yield projects or users. One request a page; by default Keystone
        has one page. Projects cost one more for all of their roles."""
        if kind == "user":
            return self._api.listing(_USERS, keystone.user)
        return self._projects()

    def look(self, kind: str, resource_id: str) -> Sequence[Sighting]:
        """One request. A project costs one more for its roles."""
        if kind == "user":
            return self._api.look(_USERS, resource_id, keystone.user)
        try:
            roles = self._roles({"scope.project.id": resource_id})
        except Unavailable:
            roles = None
        return self._api.look(
            _PROJECTS, resource_id, lambda data: keystone.project(data, roles)
        )

    def _projects(self) -> Iterator[ListedPage]:
        """Yield projects. Without their roles they are of use, too."""
        roles: keystone.Roles | None = None
        try:
            roles = self._roles({})
        except Unavailable as exc:
            yield ListedPage([], [LeftOut(None, f"roles: {exc}")])

        def read(data: Payload) -> Facts:
            return keystone.project(data, roles)

        yield from self._api.listing(_PROJECTS, read)

    def _roles(self, scope: dict[str, str]) -> keystone.Roles:
        path = "/role_assignments"
        body = self._api.service.get(path, {**_ROLES, **scope}).body
        assignments = body.get("role_assignments") if body else None
        if not isinstance(assignments, list):
            raise Unavailable("Keystone lists no role assignments")
        return keystone.roles(assignments)
