"""Keystone, read and changed through openstacksdk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keystoneauth1 import exceptions as keystone
from keystoneauth1.identity import v3
from openstack.connection import Connection
from openstack.exceptions import raise_from_response

from concertim_api.domain.errors import NotFound
from concertim_api.http.session import KeystoneSession
from concertim_api.keystone.login import address, told
from concertim_api.keystone.plan import (
    DESCRIPTION,
    SERVICE_TYPE,
    Account,
    Endpoint,
    Found,
    Outcome,
    Service,
    Step,
    User,
    Wanted,
)


class Directory:
    """What Keystone has of us.

    ``password`` is that of our user, if it is known. It goes to Keystone, and
    nowhere else.
    """

    def __init__(self, connection: Connection, password: str | None) -> None:
        self.password = password
        self._connection = connection
        self._identity: Any = connection.identity
        #: (noun, name) -> id, of what there is by now.
        self._ids: dict[tuple[str, str], str] = {}

    def find(self, wanted: Wanted) -> Found:
        """Return what there is. Raises NotFound for a domain or a region
        that is not: these are the operator's."""
        with told():
            self._check_region(wanted.region)
            return self._find(wanted)

    def do(self, step: Step, account: Account) -> str:
        """Take a step. Return the id of what it was about."""
        key = step.noun, step.name
        if step.outcome is Outcome.KEPT:
            return self._ids.get(key, step.id)
        with told():
            done: str = self._DOERS[step.noun](self, step, account)
        self._ids[key] = done
        return done

    def _check_region(self, name: str) -> None:
        names = [region.id for region in self._identity.regions()]
        if name not in names:
            raise NotFound(
                f"--region: Keystone has no region {name!r}, but "
                f"{', '.join(sorted(names)) or 'none'}"
            )

    def _domain(self, name: str) -> str:
        """Return the id of a domain, which may also be called by its id."""
        found = self._identity.find_domain(name)
        if found is None:
            raise NotFound(f"Keystone has no domain {name!r}")
        return str(found.id)

    def _find(self, wanted: Wanted) -> Found:
        account = wanted.account
        project = self._one(
            "project",
            account.project,
            self._identity.projects,
            domain_id=self._domain(account.project_domain),
        )
        user = self._one(
            "user",
            account.user,
            self._identity.users,
            domain_id=self._domain(account.user_domain),
        )
        roles = {}
        for name in account.roles:
            role = self._one("role", name, self._identity.roles)
            if role is not None:
                roles[name] = role.id
        services = list(self._identity.services(type=SERVICE_TYPE))
        if services:
            self._ids["service", SERVICE_TYPE] = services[0].id
        return Found(
            user=user and User(user.id, user.is_enabled, self._fits(account)),
            project=project and project.id,
            roles=roles,
            granted=self._granted(user, project),
            services=[Service(s.id, s.name, s.is_enabled) for s in services],
            endpoints=self._endpoints(services, wanted.region),
        )

    def _one(
        self,
        noun: str,
        name: str,
        listing: Callable[..., Any],
        **query: Any,
    ) -> Any:
        """Return what has exactly this name, or None."""
        for one in listing(name=name, **query):
            # Keystone on some databases takes capital letters for small.
            if one.name.casefold() == name.casefold():
                self._ids[noun, name] = one.id
                return one
        return None

    def _granted(self, user: Any, project: Any) -> frozenset[str]:
        if not user or not project:
            return frozenset()
        found = self._identity.role_assignments(
            user_id=user.id, scope_project_id=project.id
        )
        # What is inherited counts below the project, and not in it.
        return frozenset(
            one.role["id"]
            for one in found
            if "OS-INHERIT:inherited_to" not in one.scope
        )

    def _endpoints(self, services: Any, region: str) -> list[Endpoint]:
        return [
            Endpoint(e.id, e.interface, e.url, e.is_enabled)
            for service in services
            for e in self._identity.endpoints(
                service_id=service.id, region_id=region
            )
        ]

    def _fits(self, account: Account) -> bool | None:
        """Whether our user may log in with the password; None without one."""
        if self.password is None:
            return None
        ours = self._connection.session
        auth = v3.Password(
            address(self._connection),
            username=account.user,
            user_domain_id=self._domain(account.user_domain),
            password=self.password,
            unscoped=True,
        )
        try:
            session = KeystoneSession(verify=ours.verify, cert=ours.cert)
            auth.get_access(session)
        except keystone.Unauthorized:
            return False
        return True

    # What each step does; it returns the id of what was made or changed.

    def _project(self, step: Step, account: Account) -> str:
        return _id_of(
            self._identity.create_project(
                name=step.name, domain_id=self._domain(account.project_domain)
            )
        )

    def _role(self, step: Step, account: Account) -> str:
        return _id_of(self._identity.create_role(name=step.name))

    def _user(self, step: Step, account: Account) -> str:
        values = dict(step.values)
        if values.pop("password", False):
            values["password"] = self.password
        if step.outcome is Outcome.CHANGED:
            return self._save_user("PATCH", f"/users/{step.id}", values)
        values["name"] = step.name
        values["domain_id"] = self._domain(account.user_domain)
        return self._save_user("POST", "/users", values)

    def _save_user(
        self, method: str, path: str, values: Mapping[str, Any]
    ) -> str:
        """Send what may hold a password; no log has it, whatever its level."""
        answer = self._identity.request(
            path, method, json={"user": values}, log=False
        )
        raise_from_response(answer)
        return str(answer.json()["user"]["id"])

    def _grant(self, step: Step, account: Account) -> str:
        self._identity.assign_project_role_to_user(
            self._ids["project", account.project],
            self._ids["user", account.user],
            self._ids["role", step.name],
        )
        return ""

    def _service(self, step: Step, account: Account) -> str:
        if step.outcome is Outcome.CHANGED:
            return _id_of(
                self._identity.update_service(step.id, **_enabled(step.values))
            )
        made = _id_of(
            self._identity.create_service(
                name=step.name, type=SERVICE_TYPE, description=DESCRIPTION
            )
        )
        self._ids["service", SERVICE_TYPE] = made
        return made

    def _endpoint(self, step: Step, account: Account) -> str:
        if step.outcome is Outcome.CHANGED:
            return _id_of(
                self._identity.update_endpoint(
                    step.id, **_enabled(step.values)
                )
            )
        return _id_of(
            self._identity.create_endpoint(
                service_id=self._ids["service", SERVICE_TYPE],
                interface=step.values["interface"],
                region_id=step.values["region"],
                url=step.values["url"],
            )
        )

    _DOERS: Mapping[str, Callable[..., str]] = {
        "project": _project,
        "role": _role,
        "user": _user,
        "grant": _grant,
        "service": _service,
        "endpoint": _endpoint,
    }


def _id_of(made: Any) -> str:
    return str(made.id)


def _enabled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values by the names that the SDK has for them."""
    names = {"enabled": "is_enabled"}
    return {names.get(name, name): value for name, value in values.items()}
