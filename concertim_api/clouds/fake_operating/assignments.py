"""Who has which role in which project, in a cloud in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from concertim_api.domain.errors import NotFound
from concertim_api.payloads import keystone
from concertim_api.payloads.facts import Facts

if TYPE_CHECKING:
    from concertim_api.clouds.fake import FakeCloud

#: The roles of a new Keystone.
ROLES = ("admin", "manager", "member", "reader", "service")


def role_ids(cloud: FakeCloud) -> Mapping[str, str]:
    """Return the roles that there are; others than those of a new Keystone
    if somebody has them."""
    others = {
        assignment["role"]["name"]: assignment["role"]["id"]
        for assignment in cloud.role_assignments or ()
    }
    return {**{name: f"role-{name}" for name in ROLES}, **others}


class FakeAssignments:
    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud

    def facts(self, project_id: str) -> Facts:
        """Return the roles in a project, as facts on it."""
        found = keystone.roles(self._cloud.role_assignments or ())
        return Facts(
            id=project_id, details={"roles": found.get(project_id, {})}
        )

    def projects_of(self, user_id: str) -> Sequence[str]:
        """Return the ids of the projects in which a user has a role."""
        roles = keystone.roles(self._cloud.role_assignments or ())
        return sorted(
            project_id for project_id in roles if user_id in roles[project_id]
        )

    def grant(self, project_id: str, user_id: str, role_id: str) -> None:
        name = self._name(role_id)
        if not any(self._granted(project_id, user_id, role_id)):
            self._keep(
                {
                    "role": {"id": role_id, "name": name},
                    "user": {"id": user_id},
                    "scope": {"project": {"id": project_id}},
                }
            )

    def revoke(self, project_id: str, user_id: str, role_id: str) -> None:
        self._name(role_id)
        found = self._granted(project_id, user_id, role_id)
        if not found:
            raise NotFound(
                f"Keystone: {user_id} has no role {role_id} in {project_id}."
            )
        self._drop(found)

    def forget(
        self, *, project_id: str | None = None, user_id: str | None = None
    ) -> None:
        """Forget who had roles in what is no more."""
        self._drop(
            [
                one
                for one in self._cloud.role_assignments or ()
                if project_id == _of(one, "project")
                or user_id == one["user"]["id"]
            ]
        )

    def _granted(
        self, project_id: str, user_id: str, role_id: str
    ) -> list[Any]:
        return [
            one
            for one in self._cloud.role_assignments or ()
            if (_of(one, "project"), one["user"]["id"], one["role"]["id"])
            == (project_id, user_id, role_id)
        ]

    def _name(self, role_id: str) -> str:
        for name, known in role_ids(self._cloud).items():
            if known == role_id:
                return name
        raise NotFound(f"Keystone has no role {role_id}.")

    def _keep(self, one: Mapping[str, Any]) -> None:
        self._cloud.role_assignments = [
            *(self._cloud.role_assignments or ()),
            one,
        ]

    def _drop(self, dropped: list[Any]) -> None:
        if dropped:
            self._cloud.role_assignments = [
                one
                for one in self._cloud.role_assignments or ()
                if one not in dropped
            ]


def _of(assignment: Mapping[str, Any], scope: str) -> str | None:
    found = assignment["scope"].get(scope)
    return str(found["id"]) if found else None
