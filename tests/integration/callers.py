"""Callers of every kind, with tokens of a real Keystone."""

from __future__ import annotations

import contextlib
import dataclasses as dc
import datetime
import secrets
import time
import uuid
from collections.abc import Mapping

from keystoneauth1 import session
from keystoneauth1.identity import v3

#: For how long the token that is to expire is good: a few requests long,
#: while the machine is busy. Meanwhile all others are made.
LIFETIME = 20


@dc.dataclass(frozen=True)
class Kind:
    """What somebody is called in tests/access.py, and whose things are
    their own; None: nobody's."""

    persona: str
    project: str | None = None


KINDS: Mapping[str, Kind] = {
    "admin of the cloud": Kind("admin"),
    "admin of a project": Kind("admin"),
    "manager of physics": Kind("manager", "physics"),
    "member of physics": Kind("member", "physics"),
    "reader of physics": Kind("reader", "physics"),
    "manager of biology": Kind("manager", "biology"),
    "member of biology": Kind("member", "biology"),
    "reader of biology": Kind("reader", "biology"),
    "reader of nothing": Kind("reader", "history"),
    "service in physics": Kind("service", "physics"),
    "stranger in physics": Kind("other role", "physics"),
    "admin of a project, with a token of none": Kind("unscoped"),
    "admin of a domain": Kind("domain"),
    "admin of the system": Kind("system"),
    "admin whose token has expired": Kind("no token"),
    "admin whose token was revoked": Kind("no token"),
    "somebody with a token made up": Kind("no token"),
    "somebody without a token": Kind("no token"),
}


class Callers(contextlib.ExitStack):
    """Makes them; afterwards none of them is left.

    ``projects``: the id of each that ``KINDS`` names.
    """

    def __init__(self, keystone):
        super().__init__()
        self._keystone = keystone
        self._identity = keystone.identity
        self._suffix = uuid.uuid4().hex[:8]
        self.projects = {}
        self.tokens = {}

    def __enter__(self):
        super().__enter__()
        with contextlib.ExitStack() as undone:
            undone.push(self.__exit__)
            self._make()
            undone.pop_all()
        return self

    def headers(self, name):
        """Return what somebody sends."""
        token = self.tokens[name]
        return {} if token is None else {"X_Auth_Token": token}

    def _make(self):
        expiring = self._expiring()
        for name in ("physics", "biology", "history"):
            self.projects[name] = self._project(name)
        stranger = self._role()
        self._roles = {role.name: role.id for role in self._identity.roles()}
        for role in ("manager", "member", "reader"):
            self._of("physics", role)
            self._of("biology", role)
        self._of("history", "reader", "reader of nothing")
        self._of("physics", "service", "service in physics")
        self._of("physics", stranger, "stranger in physics")
        self._administrators()
        self.tokens |= {
            "admin whose token was revoked": self._revoked(),
            "admin whose token has expired": expiring,
            "somebody with a token made up": self._made_up(expiring),
            "somebody without a token": None,
        }
        assert set(self.tokens) == set(KINDS)
        self._keystone.await_expiry(expiring)

    def _project(self, name):
        made = self._identity.create_project(
            name=f"{name}-{self._suffix}", domain_id="default"
        )
        self.callback(self._identity.delete_project, made)
        return made.id

    def _role(self):
        made = self._identity.create_role(name=f"stranger-{self._suffix}")
        self.callback(self._identity.delete_role, made)
        return made.name

    def _user(self):
        password = secrets.token_urlsafe(16)
        made = self._identity.create_user(
            name=f"user-{uuid.uuid4().hex}",
            password=password,
            domain_id="default",
        )
        self.callback(self._identity.delete_user, made)
        return made.id, password

    def _of(self, project, role, name=None):
        """Make somebody with one role in a project."""
        user_id, password = self._user()
        project_id = self.projects[project]
        self._identity.assign_project_role_to_user(
            project_id, user_id, self._roles[role]
        )
        self.tokens[name or f"{role} of {project}"] = self._token(
            user_id, password, project_id=project_id
        )

    def _administrators(self):
        """Make somebody who is administrator wherever one can be one: what
        they may do depends on their token."""
        user_id, password = self._user()
        project_id = self.projects["history"]
        admin = self._roles["admin"]
        grant = self._identity
        grant.assign_project_role_to_user(project_id, user_id, admin)
        grant.assign_domain_role_to_user("default", user_id, admin)
        grant.assign_system_role_to_user(user_id, admin, "all")
        for name, scope in {
            "admin of a project": {"project_id": project_id},
            "admin of a project, with a token of none": {"unscoped": True},
            "admin of a domain": {"domain_id": "default"},
            "admin of the system": {"system_scope": "all"},
        }.items():
            self.tokens[name] = self._token(user_id, password, **scope)
        self.tokens["admin of the cloud"] = (
            self._keystone.admin.session.get_token()
        )

    def _token(self, user_id, password, **scope):
        auth = v3.Password(
            self._keystone.url, user_id=user_id, password=password, **scope
        )
        return session.Session(auth=auth).get_token()

    def _expiring(self):
        """Return a token that is about to expire.

        Keystone gives no token that lasts longer than the application
        credential that it was asked for with.
        """
        person = self.enter_context(self._keystone.person("admin"))
        expires_at = int(time.time()) + LIFETIME
        moment = datetime.datetime.fromtimestamp(expires_at, datetime.UTC)
        _, connection = person.application_credential(
            expires_at=f"{moment:%Y-%m-%dT%H:%M:%S}"
        )
        token = connection.session.get_token()
        assert self._keystone.knows(token)
        return token

    def _revoked(self):
        person = self.enter_context(self._keystone.person("admin"))
        token = person.token()
        assert self._keystone.knows(token)
        self._identity.delete(
            "/auth/tokens", headers={"X-Subject-Token": token}
        ).raise_for_status()
        assert not self._keystone.knows(token)
        return token

    def _made_up(self, token):
        """Return what looks like a token."""
        middle = len(token) // 2
        other = "A" if token[middle] != "A" else "B"
        return token[:middle] + other + token[middle + 1 :]
