"""Keystone in memory: ``services.cloud.acting.IdentityOperator``."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from concertim_api.clouds.base import Asked
from concertim_api.clouds.fake_operating.assignments import (
    FakeAssignments,
    role_ids,
)
from concertim_api.domain.errors import Conflict, NotFound
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads import keystone

if TYPE_CHECKING:
    from concertim_api.clouds.fake import FakeCloud


class FakeIdentity:
    """Passwords are taken, and not kept."""

    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud
        self._assignments = FakeAssignments(cloud)

    def create_user(
        self,
        name: str,
        *,
        domain_id: str,
        password: str | None,
        email: str | None,
        description: str,
    ) -> Sighting:
        user = {"description": description}
        if email is not None:
            user["email"] = email
        return self._create("user", name, domain_id, user)

    def user(self, user_id: str) -> Sighting:
        return self._saw("user", self._one("user", user_id))

    def find_user(self, name: str, domain_id: str) -> Sighting | None:
        return self._find("user", name, domain_id)

    def change_user(
        self, user_id: str, changes: Mapping[str, Any]
    ) -> Sighting:
        user = self._one("user", user_id)
        user.update({k: v for k, v in changes.items() if k != "password"})
        return self._saw("user", user)

    def delete_user(self, user_id: str) -> Sighting:
        self._assignments.forget(user_id=user_id)
        return self._delete("user", user_id)

    def create_project(
        self,
        name: str,
        *,
        domain_id: str,
        description: str,
        tags: Sequence[str] = (),
    ) -> Sighting:
        project = {"description": description, "tags": list(tags)}
        return self._create("project", name, domain_id, project)

    def project(self, project_id: str) -> Sighting:
        return self._saw("project", self._one("project", project_id))

    def find_project(self, name: str, domain_id: str) -> Sighting | None:
        return self._find("project", name, domain_id)

    def delete_project(self, project_id: str) -> Sighting:
        self._assignments.forget(project_id=project_id)
        return self._delete("project", project_id)

    def role_ids(self) -> Mapping[str, str]:
        return role_ids(self._cloud)

    def user_ids(
        self, names: Sequence[str], domain_id: str
    ) -> Mapping[str, str]:
        found = {name: self._named("user", name, domain_id) for name in names}
        return {name: user["id"] for name, user in found.items() if user}

    def projects_of(self, user_id: str) -> Sequence[str]:
        return self._assignments.projects_of(user_id)

    def effective_roles_in(
        self, project_id: str
    ) -> Mapping[str, Sequence[str]]:
        roles: Mapping[str, Sequence[str]] = self._assignments.facts(
            project_id
        ).details["roles"]
        return roles

    def roles_in(self, project_id: str) -> Sighting:
        return self._asked().saw(
            "project", self._assignments.facts(project_id)
        )

    def grant(self, project_id: str, user_id: str, role_id: str) -> None:
        self._one("project", project_id)
        self._one("user", user_id)
        self._assignments.grant(project_id, user_id, role_id)

    def revoke(self, project_id: str, user_id: str, role_id: str) -> None:
        self._one("project", project_id)
        self._assignments.revoke(project_id, user_id, role_id)

    def _create(
        self, kind: str, name: str, domain_id: str, more: Mapping[str, Any]
    ) -> Sighting:
        if self._named(kind, name, domain_id):
            raise Conflict(f"Keystone has a {kind} {name} already.")
        thing = {
            "id": self._new_id(kind, name, domain_id),
            "name": name,
            "domain_id": domain_id,
            "enabled": True,
            **more,
        }
        self._cloud.things[kind][thing["id"]] = thing
        return self._saw(kind, thing)

    def _new_id(self, *words: str) -> str:
        """Return an id that is the same whenever it is made anew: what is
        documented of this cloud does not change with each build."""
        text = "/".join((*words, self._cloud.now().isoformat()))
        return uuid.uuid5(uuid.NAMESPACE_OID, text).hex

    def _delete(self, kind: str, thing_id: str) -> Sighting:
        self._things(kind).pop(thing_id, None)
        return self._asked().absent(kind, thing_id)

    def _one(self, kind: str, thing_id: str) -> dict[str, Any]:
        try:
            return self._things(kind)[thing_id]
        except KeyError:
            raise NotFound(f"Keystone has no {kind} {thing_id}.") from None

    def _find(self, kind: str, name: str, domain_id: str) -> Sighting | None:
        found = self._named(kind, name, domain_id)
        return self._saw(kind, found) if found else None

    def _named(
        self, kind: str, name: str, domain_id: str
    ) -> dict[str, Any] | None:
        for thing in self._things(kind).values():
            if (thing["name"], thing.get("domain_id")) == (name, domain_id):
                return thing
        return None

    def _things(self, kind: str) -> dict[str, dict[str, Any]]:
        return self._cloud.things.get(kind, {})

    def _saw(self, kind: str, thing: Mapping[str, Any]) -> Sighting:
        if kind == "user":
            return self._asked().sighting(kind, thing, keystone.user)
        return self._asked().sighting(
            kind, thing, lambda data: keystone.project(data, None)
        )

    def _asked(self) -> Asked:
        return Asked(self._cloud.region, self._cloud.now(), "operation")
