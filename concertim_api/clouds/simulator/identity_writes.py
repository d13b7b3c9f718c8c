"""How Keystone creates and changes users, projects and their roles."""

from __future__ import annotations

from concertim_api.clouds.simulator.apis import Failed, Response
from concertim_api.clouds.simulator.faults import forbidden, keystone_error
from concertim_api.clouds.simulator.identities import parties

_FIXED = ("id", "password", "original_password")
#: What a user has beside what is of his own invention.
_OWN = ("name", "domain_id", "enabled", "options", "default_project_id")


def _allow(call, action):
    if not call.identity.is_admin:
        raise Failed(forbidden(f"identity:{action}"))


def _not_found(noun, thing_id):
    return Failed(keystone_error(404, f"Could not find {noun}: {thing_id}."))


def _one(things, noun, thing_id):
    if thing_id not in things:
        raise _not_found(noun, thing_id)
    return things[thing_id]


def _asked(call, noun):
    """Return what is asked for. Keystone reads it before it looks whether
    that is allowed."""
    body = call.json()
    asked = body.get(noun) if isinstance(body, dict) else None
    if not isinstance(asked, dict):
        message = f"'{noun}' is a required property"
        raise Failed(keystone_error(400, message))
    return asked


def _invalid(path, value, problem):
    return Failed(
        keystone_error(
            400,
            f"Invalid input for field/attribute {path}. Value: {value}. "
            f"{problem}",
        )
    )


def _required_name(noun, asked):
    if "name" not in asked:
        raise _invalid(noun, asked, "'name' is a required property")
    name = asked["name"]
    if not isinstance(name, str) or not name.strip():
        raise _invalid("name", name, f"{name!r} should be non-empty")
    return name


def _shown(call, noun, thing):
    href = f"{call.simulator.url}/identity/v3/{noun}s/{thing['id']}"
    return {noun: {**thing, "links": {"self": href}}}


def _is_taken(things, name, domain_id, but=None):
    return any(
        thing["name"] == name
        and thing.get("domain_id") == domain_id
        and thing["id"] != but
        for thing in things.values()
    )


# Users


def _name_taken(name, domain_id):
    where = f" at domain ID {domain_id}" if domain_id else ""
    return Failed(
        keystone_error(
            409,
            "Conflict occurred attempting to store user - Duplicate entry "
            f"found with name {name}{where}.",
        )
    )


def create_user(call):
    site, asked = call.simulator.site, _asked(call, "user")
    name = _required_name("user", asked)
    _allow(call, "create_user")
    domain_id = asked.get("domain_id") or "default"
    if domain_id not in call.simulator.domains:
        raise _not_found("domain", domain_id)
    if _is_taken(site.users, name, domain_id):
        raise _name_taken(name, domain_id)
    more = {k: v for k, v in asked.items() if k not in _FIXED}
    user = site.add_user(**{**more, "domain_id": domain_id})
    if asked.get("password") is not None:
        call.simulator.accounts.passwords[user["id"]] = asked["password"]
    return Response(201, _shown(call, "user", user))


def change_user(call, user_id):
    site, asked = call.simulator.site, _asked(call, "user")
    if not asked:
        raise _invalid("user", {}, "{} should be non-empty")
    _allow(call, "update_user")
    user = _one(site.users, "user", user_id)
    if asked.get("id", user_id) != user_id:
        raise Failed(keystone_error(400, "Cannot change ID"))
    name = asked.get("name", user["name"])
    if _is_taken(site.users, name, user["domain_id"], but=user_id):
        raise _name_taken(name, asked.get("domain_id"))
    changes = {k: v for k, v in asked.items() if k not in _FIXED}
    user.update(changes)
    accounts = call.simulator.accounts
    if asked.get("password") is not None:
        accounts.passwords[user_id] = asked["password"]
    if asked.get("password") is not None or asked.get("enabled") is False:
        accounts.revoke(user_id=user_id)
    extra = {k: v for k, v in changes.items() if k not in _OWN}
    shown = {**user, **({"extra": extra} if extra else {})}
    return Response(200, _shown(call, "user", shown))


def delete_user(call, user_id):
    _allow(call, "delete_user")
    site, accounts = call.simulator.site, call.simulator.accounts
    _one(site.users, "user", user_id)
    del site.users[user_id]
    accounts.passwords.pop(user_id, None)
    accounts.revoke(user_id=user_id)
    site.role_assignments[:] = [
        a for a in site.role_assignments if parties(a)[0] != user_id
    ]
    return Response(204, b"")


# Projects


def create_project(call):
    site, asked = call.simulator.site, _asked(call, "project")
    name = _required_name("project", asked)
    _allow(call, "create_project")
    domain_id = asked.get("domain_id") or "default"
    if domain_id not in call.simulator.domains:
        message = f"Could not find domain: {domain_id}."
        raise Failed(keystone_error(400, message))
    project_id = site.new_id().replace("-", "")
    if _is_taken(site.projects, name, domain_id):
        raise Failed(
            keystone_error(
                409,
                "Conflict occurred attempting to store project - it is not "
                "permitted to have two projects with either the same name "
                f"or same id in the same domain: name is {name}, project "
                f"id {project_id}.",
            )
        )
    more = {k: v for k, v in asked.items() if k not in ("id", "name")}
    more["domain_id"] = domain_id
    more["parent_id"] = asked.get("parent_id") or domain_id
    project = site.add_project(name, project_id, **more)
    return Response(201, _shown(call, "project", project))


def delete_project(call, project_id):
    _allow(call, "delete_project")
    site = call.simulator.site
    _one(site.projects, "project", project_id)
    if any(p.get("parent_id") == project_id for p in site.projects.values()):
        raise Failed(
            keystone_error(
                403,
                f"Cannot delete the project {project_id} since it is not a "
                "leaf in the hierarchy. Use the cascade option if you want "
                "to delete a whole subtree.",
            )
        )
    del site.projects[project_id]
    call.simulator.accounts.revoke(project_id=project_id)
    site.role_assignments[:] = [
        a for a in site.role_assignments if parties(a)[1] != project_id
    ]
    return Response(204, b"")


# Roles


def roles(call):
    _allow(call, "list_roles")
    url = f"{call.simulator.url}/identity/v3/roles"
    found = call.matching(
        {
            "id": role_id,
            "name": name,
            "domain_id": None,
            "description": None,
            "options": {},
            "links": {"self": f"{url}/{role_id}"},
        }
        for role_id, name in call.simulator.accounts.roles().items()
    )
    links = {"next": None, "self": url, "previous": None}
    return Response(200, {"roles": found, "links": links})


def _granted(call, project_id, user_id, role_id):
    return [
        a
        for a in call.simulator.site.role_assignments
        if parties(a) == (user_id, project_id, role_id)
    ]


def _exist(call, project_id, user_id, role_id):
    site = call.simulator.site
    name = _one(call.simulator.accounts.roles(), "role", role_id)
    if user_id is not None:
        _one(site.users, "user", user_id)
    _one(site.projects, "project", project_id)
    return name


def _not_granted(project_id, user_id, role_id):
    return Failed(
        keystone_error(
            404,
            f"Could not find role assignment with role: {role_id}, user or "
            f"group: {user_id}, project, domain, or system: {project_id}.",
        )
    )


def grant(call, project_id, user_id, role_id):
    name = _exist(call, project_id, user_id, role_id)
    _allow(call, "create_grant")
    site = call.simulator.site
    if not _granted(call, project_id, user_id, role_id):
        site.assign(site.users[user_id], site.projects[project_id], name)
        site.role_assignments[-1]["role"]["id"] = role_id
    return Response(204, b"")


def is_granted(call, project_id, user_id, role_id):
    _exist(call, project_id, user_id, role_id)
    _allow(call, "check_grant")
    if not _granted(call, project_id, user_id, role_id):
        raise _not_granted(project_id, user_id, role_id)
    return Response(204, b"")


def revoke(call, project_id, user_id, role_id):
    """Keystone does not mind here whether there is such a user."""
    _exist(call, project_id, None, role_id)
    _allow(call, "revoke_grant")
    found = _granted(call, project_id, user_id, role_id)
    if not found:
        raise _not_granted(project_id, user_id, role_id)
    for assigned in found:
        call.simulator.site.role_assignments.remove(assigned)
    call.simulator.accounts.revoke(user_id=user_id, project_id=project_id)
    return Response(204, b"")


_GRANT = "v3/projects/{project}/users/{user}/roles/{role}"

ROUTES = (
    ("POST", "v3/users", create_user),
    ("PATCH", "v3/users/{user}", change_user),
    ("DELETE", "v3/users/{user}", delete_user),
    ("POST", "v3/projects", create_project),
    ("DELETE", "v3/projects/{project}", delete_project),
    ("GET", "v3/roles", roles),
    ("PUT", _GRANT, grant),
    ("HEAD", _GRANT, is_granted),
    ("GET", _GRANT, is_granted),
    ("DELETE", _GRANT, revoke),
)
