"""Keystone's projects and users, and the roles of users in projects."""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Iterable, Mapping, Sequence

from concertim_api.payloads.facts import (
    Facts,
    Form,
    Payload,
    as_is,
    optional_text,
    read_by,
)

#: Project -> user -> names of roles.
Roles = Mapping[str, Mapping[str, Sequence[str]]]


def _tags(payload: Payload, field: str) -> list[str] | None:
    tags = payload.get(field)
    return sorted(map(str, tags)) if isinstance(tags, list) else None


_NAMES = {
    **read_by(optional_text, "name description domain_id"),
    "enabled": as_is,
}

_PROJECT = Form(
    details={**_NAMES, "tags": _tags, "parent_id": optional_text}, since=()
).spelled()

#: Returns the facts of a user in an API's answer.
user = Form(details={**_NAMES, "email": optional_text}, since=()).spelled()


def project(payload: Payload, roles: Roles | None) -> Facts:
    """Return the facts of a project in an API's answer. Raises MALFORMED.

    ``roles``: of all projects. If they are None, the facts have no roles.
    """
    facts = _PROJECT(payload)
    if roles is None:
        return facts
    members = roles.get(facts.id, {})
    return dc.replace(facts, details={**facts.details, "roles": members})


def roles(assignments: Iterable[object]) -> Roles:
    """Return the roles of each user in each project.

    It leaves out assignments in a domain or in the system, assignments of
    groups, and those that can not be read.
    """
    projects: dict[str, dict[str, set[str]]] = collections.defaultdict(
        lambda: collections.defaultdict(set)
    )
    for assignment in assignments:
        project_id = _text_at(assignment, "scope", "project", "id")
        user_id = _text_at(assignment, "user", "id")
        role = _text_at(assignment, "role", "name")
        if project_id and user_id and role:
            projects[project_id][user_id].add(role)
    return {
        project_id: {user: sorted(names[user]) for user in sorted(names)}
        for project_id, names in projects.items()
    }


def _text_at(value: object, *path: str) -> str | None:
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else None
