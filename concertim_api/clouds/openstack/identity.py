"""Keystone: projects with who may do what in them, users, and orders."""

from __future__ import annotations

import contextlib
import dataclasses as dc
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from concertim_api.clouds.base import Asked, Reader, readable
from concertim_api.clouds.openstack import paging
from concertim_api.clouds.openstack.collection import (
    Collection,
    CollectionReader,
    Part,
    quoted,
)
from concertim_api.clouds.openstack.paging import Query
from concertim_api.clouds.openstack.service import (
    Answer,
    Remembered,
    Service,
    seconds_of,
)
from concertim_api.domain.errors import (
    ConcertimError,
    Invalid,
    NotFound,
    Unavailable,
)
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads import keystone
from concertim_api.payloads.facts import Facts, present
from concertim_api.services.cloud.reading import (
    ListingPage,
    NotLetIn,
    Omission,
)
from concertim_api.services.common.ports import Clock

_PROJECTS = Collection("project", "/projects", "project", limited=False)
_USERS = Collection("user", "/users", "user", limited=False)

#: Asks for the roles that each user has in effect, by groups and by projects
#: above.
_EFFECTIVE = {"effective": ""}


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
        except NotLetIn:  # nor would the next request be
            raise
        except Unavailable as exc:
            yield ListingPage([], [Omission(None, f"roles: {exc}")])

        yield from self._api.listing(_PROJECTS, _reader(roles))

    def _roles(self, scope: Mapping[str, str]) -> keystone.Roles:
        return _roles(self._api.service, {**_EFFECTIVE, **scope})[1]


def _roles(
    service: Service, params: Mapping[str, str]
) -> tuple[datetime, keystone.Roles]:
    """Return who has which roles where, and when that was asked. Raises what
    ``paging.pages`` raises."""
    query = Query("/role_assignments", {**params, "include_names": "true"})
    pages = [*paging.pages(service, query)]
    assignments = [item for page in pages for item in page.items]
    return pages[0].asked_at, keystone.roles(assignments)


def _reader(roles: keystone.Roles | None) -> Reader:
    return functools.partial(keystone.project, roles=roles)


#: So many characters of a password in a text count as the whole of it:
#: services cut their texts.
_PREFIX = 6

_HIDDEN = "Keystone does not take it; what it says repeats the password"


@contextlib.contextmanager
def unrepeated(password: str | None) -> Iterator[None]:
    """Hide the text of an error if it holds the password."""
    try:
        yield
    except ConcertimError as exc:
        if not password or not _repeats(str(exc), password):
            raise
        if isinstance(exc, Invalid):
            raise Invalid("password", _HIDDEN) from None
        raise type(exc)(_HIDDEN) from None


def _repeats(text: str, password: str) -> bool:
    """Whether a text holds a password, spelled in any way that is usual."""
    spelled = {
        password,
        " ".join(password.split()),
        repr(password)[1:-1],
        json.dumps(password)[1:-1],
        ascii(password)[1:-1],
    }
    return any(form and form[:_PREFIX] in text for form in spelled)


#: Seconds. Roles are made once in the life of a cloud, and users seldom
#: get another id.
_NAMES_AGE = 300

#: Names that are remembered at once.
_MAX_NAMES = 10_000


#: What is remembered of a region's Keystone, for all callers: ids of roles
#: and of users by name. Nothing of it is secret.
Directory = Remembered[Any, Any]


def directory(clock: Clock) -> Directory:
    return Directory(_NAMES_AGE, seconds_of(clock), _MAX_NAMES)


@dc.dataclass(frozen=True, slots=True)
class IdentityOrders:
    """``services.cloud.acting.IdentityActions``."""

    service: Service
    directory: Directory

    def create_user(
        self,
        name: str,
        *,
        domain_id: str,
        password: str | None,
        email: str | None,
        description: str,
    ) -> Sighting:
        fields = present(password=password, email=email)
        with unrepeated(password):
            return self._create("user", name, domain_id, description, fields)

    def user(self, user_id: str) -> Sighting:
        return self._show("user", user_id)

    def find_user(self, name: str, domain_id: str) -> Sighting | None:
        return self._find("user", name, domain_id)

    def change_user(
        self, user_id: str, changes: Mapping[str, Any]
    ) -> Sighting:
        path = f"/users/{quoted(user_id)}"
        with unrepeated(changes.get("password")):
            answer = self.service.request(
                "PATCH", path, {"user": dict(changes)}
            )
        return self._read("user", answer)

    def delete_user(self, user_id: str) -> Sighting:
        return self._delete("user", user_id)

    def create_project(
        self,
        name: str,
        *,
        domain_id: str,
        description: str,
        tags: Sequence[str] = (),
    ) -> Sighting:
        fields = {"tags": list(tags)} if tags else {}
        return self._create("project", name, domain_id, description, fields)

    def find_project(self, name: str, domain_id: str) -> Sighting | None:
        return self._find("project", name, domain_id)

    def project(self, project_id: str) -> Sighting:
        return self._show("project", project_id)

    def delete_project(self, project_id: str) -> Sighting:
        return self._delete("project", project_id)

    def role_ids(self) -> Mapping[str, str]:
        def fetch() -> dict[str, str] | None:
            roles = paging.items(self.service, Query("/roles"))
            ids = {str(role["name"]): str(role["id"]) for role in roles}
            return ids or None

        ids = self.directory.fetched("roles", fetch)
        return ids or {}

    def user_ids(
        self, names: Sequence[str], domain_id: str
    ) -> Mapping[str, str]:
        ids = {name: self._user_id(name, domain_id) for name in names}
        return {name: user_id for name, user_id in ids.items() if user_id}

    def _user_id(self, name: str, domain_id: str) -> str | None:
        def fetch() -> str | None:
            sighting = self.find_user(name, domain_id)
            return sighting.observation.ref.id if sighting else None

        key = "user", domain_id, name
        user_id: str | None = self.directory.fetched(key, fetch)
        return user_id

    def projects_of(self, user_id: str) -> Sequence[str]:
        try:
            return sorted(self._effective({"user.id": user_id}))
        except NotFound:  # Keystone looks for the groups of nobody
            return []

    def effective_roles_in(
        self, project_id: str
    ) -> Mapping[str, Sequence[str]]:
        roles = self._effective({"scope.project.id": project_id})
        return roles.get(project_id, {})

    def _effective(self, params: Mapping[str, str]) -> keystone.Roles:
        """Return who has which roles where, whatever they come from."""
        return _roles(self.service, {**params, "effective": "true"})[1]

    def roles_in(self, project_id: str) -> Sighting:
        params = {"scope.project.id": project_id}
        asked_at, roles = _roles(self.service, params)
        details = {"roles": roles.get(project_id, {})}
        facts = Facts(id=project_id, details=details)
        return self._origin(asked_at).saw("project", facts)

    def grant(self, project_id: str, user_id: str, role_id: str) -> None:
        path = _assignment(project_id, user_id, role_id)
        self.service.request("PUT", path)

    def revoke(self, project_id: str, user_id: str, role_id: str) -> None:
        path = _assignment(project_id, user_id, role_id)
        self.service.request("DELETE", path)

    def _create(
        self,
        kind: str,
        name: str,
        domain_id: str,
        description: str,
        fields: Mapping[str, Any],
    ) -> Sighting:
        thing = {
            "name": name,
            "domain_id": domain_id,
            "description": description,
            "enabled": True,
            **fields,
        }
        answer = self.service.request("POST", f"/{kind}s", {kind: thing})
        return self._read(kind, answer)

    def _show(self, kind: str, thing_id: str) -> Sighting:
        path = f"/{kind}s/{quoted(thing_id)}"
        return self._read(kind, self.service.get(path))

    def _find(self, kind: str, name: str, domain_id: str) -> Sighting | None:
        params = {"name": name, "domain_id": domain_id}
        for page in paging.pages(self.service, Query(f"/{kind}s", params)):
            for thing in page.items:
                return self._sighting(kind, page.asked_at, thing)
        return None

    def _delete(self, kind: str, thing_id: str) -> Sighting:
        """Delete something. A second request may find that the first one
        did it, though its answer did not come."""
        origin = self._origin(self.service.now())
        with contextlib.suppress(NotFound):
            path = f"/{kind}s/{quoted(thing_id)}"
            self.service.request("DELETE", path)
        return origin.absent(kind, thing_id)

    def _read(self, kind: str, answer: Answer) -> Sighting:
        body = answer.body if isinstance(answer.body, Mapping) else {}
        return self._sighting(kind, answer.asked_at, body.get(kind))

    def _sighting(self, kind: str, at: datetime, thing: object) -> Sighting:
        with readable("Keystone's answer"):
            return self._origin(at).sighting(kind, thing, _READERS[kind])

    def _origin(self, at: datetime) -> Asked:
        return Asked(self.service.region, at, "operation")


_READERS: Mapping[str, Reader] = {
    "user": keystone.user,
    "project": _reader(None),
}


def _assignment(project_id: str, user_id: str, role_id: str) -> str:
    return (
        f"/projects/{quoted(project_id)}/users/{quoted(user_id)}"
        f"/roles/{quoted(role_id)}"
    )
