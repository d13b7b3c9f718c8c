"""Keystone: ``services.cloud.acting.IdentityActions``."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from concertim_api.clouds.base import Asked, Reader, why
from concertim_api.clouds.openstack.cache import Remembered, seconds_of
from concertim_api.clouds.openstack.collection import quoted
from concertim_api.clouds.openstack.operating.passwords import unrepeated
from concertim_api.clouds.openstack.service import Answer, Service
from concertim_api.domain.errors import NotFound, Unavailable
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads import keystone
from concertim_api.payloads.facts import MALFORMED, Facts, present
from concertim_api.services.common.ports import Clock

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


class IdentityOrders:
    def __init__(self, service: Service, directory: Directory) -> None:
        self._service = service
        self._directory = directory

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
            answer = self._service.request(
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
            roles = _list(self._service.get("/roles"), "roles")
            ids = {str(role["name"]): str(role["id"]) for role in roles}
            return ids or None

        ids = self._directory.fetched("roles", fetch)
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
        user_id: str | None = self._directory.fetched(key, fetch)
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
        return self._roles({**params, "effective": "true"})[1]

    def _roles(
        self, params: Mapping[str, str]
    ) -> tuple[datetime, keystone.Roles]:
        answer = self._service.get(
            "/role_assignments", {**params, "include_names": "true"}
        )
        assignments = _list(answer, "role_assignments")
        return answer.asked_at, keystone.roles(assignments)

    def roles_in(self, project_id: str) -> Sighting:
        asked_at, roles = self._roles({"scope.project.id": project_id})
        details = {"roles": roles.get(project_id, {})}
        facts = Facts(id=project_id, details=details)
        return self._origin(asked_at).saw("project", facts)

    def grant(self, project_id: str, user_id: str, role_id: str) -> None:
        path = _assignment(project_id, user_id, role_id)
        self._service.request("PUT", path)

    def revoke(self, project_id: str, user_id: str, role_id: str) -> None:
        path = _assignment(project_id, user_id, role_id)
        self._service.request("DELETE", path)

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
        answer = self._service.request("POST", f"/{kind}s", {kind: thing})
        return self._read(kind, answer)

    def _show(self, kind: str, thing_id: str) -> Sighting:
        path = f"/{kind}s/{quoted(thing_id)}"
        return self._read(kind, self._service.get(path))

    def _find(self, kind: str, name: str, domain_id: str) -> Sighting | None:
        params = {"name": name, "domain_id": domain_id}
        answer = self._service.get(f"/{kind}s", params)
        for thing in _list(answer, f"{kind}s"):
            return self._sighting(kind, answer, thing)
        return None

    def _delete(self, kind: str, thing_id: str) -> Sighting:
        """Delete something. A second request may find that the first one
        did it, though its answer did not come."""
        origin = self._origin(self._service.now())
        with contextlib.suppress(NotFound):
            path = f"/{kind}s/{quoted(thing_id)}"
            self._service.request("DELETE", path)
        return origin.absent(kind, thing_id)

    def _read(self, kind: str, answer: Answer) -> Sighting:
        body = answer.body if isinstance(answer.body, Mapping) else {}
        return self._sighting(kind, answer, body.get(kind))

    def _sighting(self, kind: str, answer: Answer, thing: object) -> Sighting:
        origin = self._origin(answer.asked_at)
        try:
            return origin.sighting(kind, thing, _READERS[kind])
        except MALFORMED as exc:
            raise Unavailable(f"Keystone's answer: {why(exc)}") from None

    def _origin(self, at: datetime) -> Asked:
        return Asked(self._service.region, at, "operation")


def _project(data: Mapping[str, Any]) -> Facts:
    return keystone.project(data, None)


_READERS: Mapping[str, Reader] = {"user": keystone.user, "project": _project}


def _assignment(project_id: str, user_id: str, role_id: str) -> str:
    return (
        f"/projects/{quoted(project_id)}/users/{quoted(user_id)}"
        f"/roles/{quoted(role_id)}"
    )


def _list(answer: Answer, name: str) -> Sequence[Any]:
    body = answer.body
    things = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(things, list):
        raise Unavailable(f"Keystone's answer has no {name}")
    return things
