"""Keystone: ``services.cloud.acting.IdentityOperator``."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from concertim_api.clouds.base import Asked, Reader, why
from concertim_api.clouds.openstack.collection import quoted
from concertim_api.clouds.openstack.operating.passwords import unrepeated
from concertim_api.clouds.openstack.service import Answer, Service
from concertim_api.domain.errors import NotFound, Unavailable
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads import keystone
from concertim_api.payloads.facts import MALFORMED, Facts

#: Roles are made once in the life of a cloud, and users seldom.
_FRESH = timedelta(minutes=5)


class Directory:
    """What is remembered of a region's Keystone, for all callers.

    Ids of roles and of users by name: nothing that is somebody's own.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[Any, tuple[datetime, Any]] = {}

    def get(self, key: Any, fetch: Callable[[], Any]) -> Any:
        """Return what is known, or fetch it; nothing found is not kept."""
        now = self._now()
        with self._lock:
            known = self._known.get(key)
        if known is not None and now - known[0] <= _FRESH:
            return known[1]
        found = fetch()
        if found:
            with self._lock:
                self._known[key] = (now, found)
        return found


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
        user: dict[str, Any] = {
            "name": name,
            "domain_id": domain_id,
            "description": description,
            "enabled": True,
        }
        if password is not None:
            user["password"] = password
        if email is not None:
            user["email"] = email
        with unrepeated(password):
            answer = self._service.request("POST", "/users", {"user": user})
        return self._seen("user", answer, keystone.user)

    def user(self, user_id: str) -> Sighting:
        answer = self._service.get(f"/users/{quoted(user_id)}")
        return self._seen("user", answer, keystone.user)

    def find_user(self, name: str, domain_id: str) -> Sighting | None:
        return self._found("users", name, domain_id, "user", keystone.user)

    def change_user(
        self, user_id: str, changes: Mapping[str, Any]
    ) -> Sighting:
        with unrepeated(changes.get("password")):
            answer = self._service.request(
                "PATCH", f"/users/{quoted(user_id)}", {"user": dict(changes)}
            )
        return self._seen("user", answer, keystone.user)

    def delete_user(self, user_id: str) -> Sighting:
        return self._deleted("user", user_id)

    def create_project(
        self,
        name: str,
        *,
        domain_id: str,
        description: str,
        tags: Sequence[str] = (),
    ) -> Sighting:
        project: dict[str, Any] = {
            "name": name,
            "domain_id": domain_id,
            "description": description,
            "enabled": True,
        }
        if tags:
            project["tags"] = list(tags)
        answer = self._service.request(
            "POST", "/projects", {"project": project}
        )
        return self._seen("project", answer, _project)

    def find_project(self, name: str, domain_id: str) -> Sighting | None:
        return self._found("projects", name, domain_id, "project", _project)

    def project(self, project_id: str) -> Sighting:
        answer = self._service.get(f"/projects/{quoted(project_id)}")
        return self._seen("project", answer, _project)

    def delete_project(self, project_id: str) -> Sighting:
        return self._deleted("project", project_id)

    def role_ids(self) -> Mapping[str, str]:
        def fetch() -> dict[str, str]:
            body = self._service.get("/roles").body
            return {
                str(role["name"]): str(role["id"])
                for role in _listed(body, "roles")
            }

        found: Mapping[str, str] = self._directory.get("roles", fetch)
        return found

    def user_ids(
        self, names: Sequence[str], domain_id: str
    ) -> Mapping[str, str]:
        found = {}
        for name in names:

            def fetch(name: str = name) -> str | None:
                seen = self.find_user(name, domain_id)
                return seen.observation.ref.id if seen else None

            user_id = self._directory.get(("user", domain_id, name), fetch)
            if user_id:
                found[name] = user_id
        return found

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
        flags = {"effective": "true", "include_names": "true"}
        answer = self._service.get("/role_assignments", {**params, **flags})
        return keystone.roles(_listed(answer.body, "role_assignments"))

    def roles_in(self, project_id: str) -> Sighting:
        answer = self._service.get(
            "/role_assignments",
            {"scope.project.id": project_id, "include_names": "true"},
        )
        assignments = _listed(answer.body, "role_assignments")
        found = keystone.roles(assignments).get(project_id, {})
        facts = Facts(id=project_id, details={"roles": found})
        return self._asked(answer.asked_at).saw("project", facts)

    def grant(self, project_id: str, user_id: str, role_id: str) -> None:
        self._service.request("PUT", _assignment(project_id, user_id, role_id))

    def revoke(self, project_id: str, user_id: str, role_id: str) -> None:
        self._service.request(
            "DELETE", _assignment(project_id, user_id, role_id)
        )

    def _deleted(self, kind: str, thing_id: str) -> Sighting:
        """Delete something. A second request may find that the first one
        did it, though its answer did not come."""
        asked = self._asked(self._service.now())
        with contextlib.suppress(NotFound):
            self._service.request("DELETE", f"/{kind}s/{quoted(thing_id)}")
        return asked.absent(kind, thing_id)

    def _found(
        self, path: str, name: str, domain_id: str, kind: str, read: Reader
    ) -> Sighting | None:
        answer = self._service.get(
            f"/{path}", {"name": name, "domain_id": domain_id}
        )
        for thing in _listed(answer.body, path):
            return self._sighting(kind, answer, thing, read)
        return None

    def _seen(self, kind: str, answer: Answer, read: Reader) -> Sighting:
        body = answer.body if isinstance(answer.body, Mapping) else {}
        return self._sighting(kind, answer, body.get(kind), read)

    def _sighting(
        self, kind: str, answer: Answer, thing: object, read: Reader
    ) -> Sighting:
        try:
            return self._asked(answer.asked_at).sighting(kind, thing, read)
        except MALFORMED as exc:
            raise Unavailable(f"Keystone's answer: {why(exc)}") from None

    def _asked(self, at: datetime) -> Asked:
        return Asked(self._service.region, at, "operation")


def _project(data: Mapping[str, Any]) -> Any:
    return keystone.project(data, None)


def _assignment(project_id: str, user_id: str, role_id: str) -> str:
    return (
        f"/projects/{quoted(project_id)}/users/{quoted(user_id)}"
        f"/roles/{quoted(role_id)}"
    )


def _listed(body: object, name: str) -> Sequence[Any]:
    found = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(found, list):
        raise Unavailable(f"Keystone's answer has no {name}")
    return found
