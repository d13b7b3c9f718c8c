"""Keystone's projects and users, and who may do what in which project."""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Iterable, Mapping, Sequence

from concertim_api.payloads.facts import (
    Facts,
    Payload,
    as_is,
    optional_text,
)
from concertim_api.payloads.spelling import Form, each

#: Project -> user -> names of roles.
Roles = Mapping[str, Mapping[str, Sequence[str]]]


def _tags(payload: Payload, field: str) -> list[str] | None:
    tags = payload.get(field)
    return sorted(map(str, tags)) if isinstance(tags, list) else None


_NAMES = {
    **each(optional_text, "name description domain_id"),
    "enabled": as_is,
}

_PROJECT = Form(
    details={**_NAMES, "tags": _tags, "parent_id": optional_text}, since=()
).spelled()

#: Returns what the API says of a user.
user = Form(details={**_NAMES, "email": optional_text}, since=()).spelled()


def project(data: Payload, roles: Roles | None) -> Facts:
    """Return what the API says of a project. ``roles`` None: unknown."""
    facts = _PROJECT(data)
    if roles is None:
        return facts
    members = roles.get(facts.id, {})
    return dc.replace(facts, details={**facts.details, "roles": members})


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
