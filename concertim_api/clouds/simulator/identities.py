"""Who asks, and what of a site he sees."""

from __future__ import annotations

import dataclasses as dc

#: Each role of a new Keystone implies those after it.
ROLES = ("admin", "manager", "member", "reader")

BUILT_IN = {"id": "u", "name": "admin", "password_expires_at": None}


@dc.dataclass(frozen=True)
class Identity:
    """What a token says of its bearer. ``project`` None: unscoped.

    ``sees_all``: reads show everybody's objects. The administrator that is
    built in does whatever his roles are, and so does who has the role admin.
    """

    user: dict
    project: dict | None
    roles: tuple[str, ...] = ()
    sees_all: bool = False

    @property
    def is_admin(self):
        return "admin" in self.roles

    def may(self, role):
        """Return whether it has a role, or one that implies it."""
        return role in implied(self.roles)

    @property
    def user_id(self):
        return self.user["id"]

    @property
    def project_id(self):
        return self.project and self.project["id"]

    def view(self, site):
        if self.sees_all and self.project is site.admin:
            return site
        return View(site, self)


def parties(assigned):
    """Return the ids of user, project and role of a role assignment; None
    for what is not in it (one of a group, or on the system)."""
    if not isinstance(assigned, dict):
        return None, None, None
    scope = assigned.get("scope") or {}
    return tuple(
        (part or {}).get("id")
        for part in (
            assigned.get("user"),
            scope.get("project"),
            assigned.get("role"),
        )
    )


class View:
    """A site as somebody sees it: what is of his project, and shared."""

    def __init__(self, site, identity):
        self._site, self._identity = site, identity

    @property
    def admin(self):
        return self._identity.project or {"id": None}

    def __getattr__(self, name):
        found = getattr(self._site, name)
        if self._identity.sees_all or name not in _OWNED:
            return found
        return {
            key: thing
            for key, thing in found.items()
            if thing.get(_OWNED[name]) == self._identity.project_id
            or _is_shared(thing)
        }


#: Collection -> the field that has the id of the project.
_OWNED = {
    "servers": "tenant_id",
    "deleted_servers": "tenant_id",
    "flavors": "",
    "volumes": "os-vol-tenant-attr:tenant_id",
    "snapshots": "os-extended-snapshot-attributes:project_id",
    "backups": "os-backup-project-attr:project_id",
    "shares": "project_id",
    "loadbalancers": "project_id",
    "images": "owner",
    "networks": "project_id",
    "ports": "project_id",
    "routers": "project_id",
    "floatingips": "project_id",
    "stacks": "project",
}


def _is_shared(thing):
    return (
        thing.get("shared") is True
        or thing.get("router:external") is True
        or thing.get("visibility") == "public"
        or thing.get("os-flavor-access:is_public") is True
    )


def implied(names):
    """Return roles with what they imply, as a token lists them."""
    first = min((ROLES.index(n) for n in names if n in ROLES), default=None)
    known = ROLES[first:] if first is not None else ()
    return (*known, *sorted(set(names) - set(ROLES)))


def effective(site, assignments):
    """Yield what role assignments come to: one for each user, project and
    role, those that are implied, too."""
    for one in assignments:
        for user in _users_of(site, one):
            for project in _projects_of(site, one["scope"]):
                for name in implied([one["role"]["name"]]):
                    yield {
                        "role": {"id": f"role-{name}", "name": name},
                        "user": {"id": user},
                        "scope": {"project": {"id": project}},
                    }


def _users_of(site, assignment):
    if "group" in assignment:
        return site.groups.get(assignment["group"]["id"], ())
    return [assignment["user"]["id"]]


def _projects_of(site, scope):
    project_id = scope.get("project", {}).get("id")
    if "OS-INHERIT:inherited_to" not in scope:
        return [project_id] if project_id else []
    above = scope.get("domain", {}).get("id") or project_id
    return [
        project["id"]
        for project in site.projects.values()
        if above in (project["domain_id"], project["parent_id"])
    ]
