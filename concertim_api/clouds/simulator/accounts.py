"""Users with passwords, and the tokens that Keystone gave them."""

from __future__ import annotations

import json

from concertim_api.clouds.simulator.apis import Failed, Response
from concertim_api.clouds.simulator.faults import (
    forbidden,
    keystone_error,
    unauthorized,
)
from concertim_api.clouds.simulator.identities import (
    BUILT_IN,
    ROLES,
    Identity,
    implied,
    parties,
)


class Accounts:
    """Passwords by user id, and the tokens that were given out."""

    def __init__(self, simulator):
        self._simulator = simulator
        self.passwords = {}
        self.tokens = {}
        #: Token -> what Keystone answered when it gave it out.
        self.issued = {}

    @property
    def _site(self):
        return self._simulator.site

    def revoke(self, *, user_id=None, project_id=None):
        """Forget the tokens of a user, or in a project, or of both."""
        for token, identity in [*self.tokens.items()]:
            if user_id in (None, identity.user_id) and project_id in (
                None,
                identity.project_id,
            ):
                self.tokens.pop(token)

    def login(self, request):
        """Answer POST /v3/auth/tokens."""
        try:
            auth = json.loads(request.body)["auth"]
            scope = auth.get("scope", {})
            user = self._authenticated(auth["identity"], request.body)
        except (ValueError, KeyError, TypeError, AttributeError):
            return _malformed("Expecting to find auth in request body.")
        if scope is None:
            kinds = "'object', 'string'"
            return _malformed(
                f"Invalid input for field 'scope': None is not of type {kinds}"
            )
        if user is None:
            return unauthorized(self._simulator.url)
        identity = self._scoped(user, scope)
        if identity is None:
            return unauthorized(self._simulator.url)
        return self._issue(identity, auth)

    def _authenticated(self, identity, body):
        if "token" in identity["methods"]:
            known = self.tokens.get(identity["token"]["id"])
            return known and known.user
        if "password" not in identity["methods"]:
            return BUILT_IN if self._simulator.password in body else None
        asked = identity["password"]["user"]
        user = self._named(asked)
        expected = (
            self._simulator.password
            if user is BUILT_IN
            else self.passwords.get(user and user["id"])
        )
        right = expected is not None and asked.get("password") == expected
        return user if right and (user or {}).get("enabled", True) else None

    def _named(self, asked):
        users = self._site.users
        if "id" in asked:
            return BUILT_IN if asked["id"] == "u" else users.get(asked["id"])
        domain = asked["domain"]
        for user in users.values():
            if user["name"] == asked["name"] and self._is_in(user, domain):
                return self._or_built_in(user)
        return BUILT_IN if asked["name"] == BUILT_IN["name"] else None

    def _or_built_in(self, user):
        """A recorded site has its administrator, who has no password."""
        named = user["name"] == BUILT_IN["name"]
        return BUILT_IN if named and user["id"] not in self.passwords else user

    def _is_in(self, thing, domain):
        domain_id = thing.get("domain_id")
        name = self._simulator.domains.get(domain_id)
        return domain_id == domain.get("id") or (
            name is not None and name == domain.get("name")
        )

    def _scoped(self, user, scope):
        asked = scope.get("project")
        project = asked and self._project(asked)
        if user is BUILT_IN:
            return Identity(
                user,
                project or self._site.admin,
                tuple(self._simulator.roles),
                sees_all=True,
            )
        if not scope:
            return Identity(user, None)
        if not project or not project.get("enabled", True):
            return None
        names = self.roles()
        both = (user["id"], project["id"])
        found = map(parties, self._site.role_assignments)
        roles = implied({names[ids[2]] for ids in found if ids[:2] == both})
        if not roles:
            return None
        return Identity(user, project, roles, sees_all="admin" in roles)

    def _project(self, asked):
        for project in self._site.projects.values():
            if asked.get("id") == project["id"] or (
                asked.get("name") == project["name"]
                and self._is_in(project, asked.get("domain", {}))
            ):
                return project
        return None

    def _issue(self, identity, auth):
        token = self._simulator.new_token()
        body = {"token": self._told(identity, auth["identity"]["methods"])}
        self.tokens[token] = identity
        self.issued[token] = body
        return Response(201, body, {"X-Subject-Token": token})

    def _told(self, identity, methods):
        user = identity.user
        told = {
            "methods": methods,
            "user": {
                "id": user["id"],
                "name": user["name"],
                "domain": self._domain(user),
                "password_expires_at": user.get("password_expires_at"),
            },
            "audit_ids": ["3T2dc1CGQxyJsHdDu1xkcw"],
            "issued_at": "2026-11-21T00:00:00.000000Z",
            "expires_at": "2999-11-21T00:00:00.000000Z",
        }
        if identity.project is not None:
            project = identity.project
            told |= {
                "is_domain": False,
                "project": {
                    "id": project["id"],
                    "name": project["name"],
                    "domain": self._domain(project),
                },
                "roles": [
                    {"id": self.role_id(name), "name": name}
                    for name in identity.roles
                ],
                "catalog": self._simulator.catalog(project["id"]),
            }
        return told

    def _domain(self, thing):
        domain_id = thing.get("domain_id", "default")
        name = self._simulator.domains.get(domain_id, domain_id)
        return {"id": domain_id, "name": name}

    def roles(self):
        """Return role id -> name: those of a new cloud, and any granted."""
        found = {f"role-{name}": name for name in ROLES}
        for assigned in self._site.role_assignments:
            role_id = parties(assigned)[2]
            if role_id is not None:
                name = assigned["role"].get("name", role_id)
                found.setdefault(role_id, name)
        return found

    def role_id(self, name):
        return next(
            (key for key, known in self.roles().items() if known == name),
            f"role-{name}",
        )


def _malformed(message):
    return keystone_error(
        400,
        f"{message} The server could not comply with the request since it is "
        "either malformed or otherwise incorrect. The client is assumed to "
        "be in error.",
    )


def _unknown(accounts, token):
    if token is None:
        return "No token in the request"
    if token in accounts.issued:
        return f"Could not find token: {token}."
    return "Could not recognize Fernet token"


def check_token(call):
    """GET, HEAD or DELETE /v3/auth/tokens."""
    accounts = call.simulator.accounts
    subject = call.request.headers.get("X-Subject-Token")
    if subject not in accounts.tokens:
        raise Failed(keystone_error(404, _unknown(accounts, subject)))
    own = accounts.tokens[subject].user_id == call.identity.user_id
    if not own and not call.identity.is_admin:
        action = "identity:validate_token"
        raise Failed(forbidden(action))
    if call.request.method == "DELETE":
        accounts.tokens.pop(subject)
        return Response(204, b"")
    return Response(
        200, accounts.issued[subject], {"X-Subject-Token": subject}
    )
