"""Keystone's projects and users, and who may do what in which project."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping, Sequence

from concertim_api.payloads.facts import (
    Facts,
    Payload,
    optional_text,
    present,
    text,
)

#: Project -> user -> names of roles.
Roles = Mapping[str, Mapping[str, Sequence[str]]]


def project(data: Payload, roles: Roles | None) -> Facts:
    """Return what the API says of a project. ``roles`` None: unknown."""
    project_id = text(data, "id")
    tags = data.get("tags")
    return Facts(
        id=project_id,
        details=present(
            name=optional_text(data, "name"),
            description=optional_text(data, "description"),
            domain_id=optional_text(data, "domain_id"),
            enabled=data.get("enabled"),
            tags=sorted(map(str, tags)) if isinstance(tags, list) else None,
            parent_id=optional_text(data, "parent_id"),
            roles=None if roles is None else roles.get(project_id, {}),
        ),
    )


def user(data: Payload) -> Facts:
    """Return what the API says of a user."""
    return Facts(
        id=text(data, "id"),
        details=present(
            name=optional_text(data, "name"),
            email=optional_text(data, "email"),
            domain_id=optional_text(data, "domain_id"),
            enabled=data.get("enabled"),
            description=optional_text(data, "description"),
        ),
    )


def roles(assignments: Iterable[object]) -> Roles:
    """Return who has which roles in which project.

    Assignments elsewhere (in a domain, in the system), of groups, and what
    can't be read is left out.
    """
    found: dict[str, dict[str, set[str]]] = collections.defaultdict(
        lambda: collections.defaultdict(set)
    )
    for assignment in assignments:
        project_id = _named(assignment, "scope", "project", "id")
        user_id = _named(assignment, "user", "id")
        role = _named(assignment, "role", "name")
        if project_id and user_id and role:
            found[project_id][user_id].add(role)
    return {
        project_id: {user: sorted(names[user]) for user in sorted(names)}
        for project_id, names in found.items()
    }


def _named(data: object, *path: str) -> str | None:
    for step in path:
        data = data.get(step) if isinstance(data, Mapping) else None
    return data if isinstance(data, str) else None
