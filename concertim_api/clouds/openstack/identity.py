"""Keystone: projects with who may do what in them, and users."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

from concertim_api.clouds.base import Reader
from concertim_api.clouds.openstack.collection import (
    Collection,
    CollectionReader,
    Part,
)
from concertim_api.domain.errors import Unavailable
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads import keystone
from concertim_api.services.cloud.reading import ListingPage, Omission

_PROJECTS = Collection("project", "/projects", "project", limited=False)
_USERS = Collection("user", "/users", "user", limited=False)

#: The roles that each user has in effect, by groups and by projects above;
#: with names.
_ROLES = {"effective": "", "include_names": "true"}


class Identity(Part):
    """Projects cost one more request for all of their roles. By default
    Keystone lists all things on one page."""

    def __init__(self, api: CollectionReader) -> None:
        readers = (_PROJECTS, _reader(None)), (_USERS, keystone.user)
        super().__init__(api, readers)

    def listing(self, kind: str) -> Iterator[ListingPage]:
        return self._projects() if kind == "project" else super().listing(kind)

    def look(self, kind: str, resource_id: str) -> Sequence[Sighting]:
        if kind != "project":
            return super().look(kind, resource_id)
        try:
            roles = self._roles({"scope.project.id": resource_id})
        except Unavailable:
            roles = None
        return self._api.look(_PROJECTS, resource_id, _reader(roles))

    def _projects(self) -> Iterator[ListingPage]:
        """Yield projects. Without their roles they are of use, too."""
        roles: keystone.Roles | None = None
        try:
            roles = self._roles({})
        except Unavailable as exc:
            yield ListingPage([], [Omission(None, f"roles: {exc}")])

        yield from self._api.listing(_PROJECTS, _reader(roles))

    def _roles(self, scope: dict[str, str]) -> keystone.Roles:
        path = "/role_assignments"
        body = self._api.service.get(path, {**_ROLES, **scope}).body
        assignments = body.get("role_assignments") if body else None
        if not isinstance(assignments, list):
            raise Unavailable("Keystone lists no role assignments")
        return keystone.roles(assignments)


def _reader(roles: keystone.Roles | None) -> Reader:
    return functools.partial(keystone.project, roles=roles)
