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
from concertim_api.keystone.login import address, keystone_errors
from concertim_api.keystone.plan import (
    DESCRIPTION,
    SERVICE_TYPE,
    Account,
    ActualState,
    DesiredState,
    Endpoint,
    Outcome,
    Service,
    Step,
    User,
)


class Directory:
    """Our user, service and endpoints in Keystone.

    ``password``: of our user; None: unknown. It goes to Keystone, and nowhere
    else.
    """

    def __init__(self, connection: Connection, password: str | None) -> None:
        self.password = password
        self._connection = connection
        self._identity: Any = connection.identity
        #: (noun, name) -> id, of all that exists by now.
        self._ids: dict[tuple[str, str], str] = {}

    def find(self, desired: DesiredState) -> ActualState:
        """Return what exists. Raises NotFound if a domain or the region does
        not exist: the operator creates these."""
        with keystone_errors():
            self._check_region(desired.region)
            return self._find(desired)

    def do(self, step: Step, account: Account) -> str:
        """Take a step. Return the id of its resource."""
        key = step.noun, step.name
        if step.outcome is Outcome.KEPT:
            return self._ids.get(key, step.id)
        with keystone_errors():
            step_id: str = self._STEPS[step.noun](self, step, account)
        self._ids[key] = step_id
        return step_id

    def _check_region(self, name: str) -> None:
        names = [region.id for region in self._identity.regions()]
        if name not in names:
            raise NotFound(
                f"--region: Keystone has no region {name!r}, but "
                f"{', '.join(sorted(names)) or 'none'}"
            )

    def _domain(self, name: str) -> str:
        """Return the id of a domain, by its name or its id."""
        domain = self._identity.find_domain(name)
        if domain is None:
            raise NotFound(f"Keystone has no domain {name!r}")
        return str(domain.id)

    def _find(self, desired: DesiredState) -> ActualState:
        account = desired.account
        project = self._by_name(
            "project",
            account.project,
            self._identity.projects,
            domain_id=self._domain(account.project_domain),
        )
        user = self._by_name(
            "user",
            account.user,
            self._identity.users,
            domain_id=self._domain(account.user_domain),
        )
        roles = {}
        for name in account.roles:
            role = self._by_name("role", name, self._identity.roles)
            if role is not None:
                roles[name] = role.id
        services = list(self._identity.services(type=SERVICE_TYPE))
        if services:
            self._ids["service", SERVICE_TYPE] = services[0].id
        return ActualState(
            user=user and User(user.id, user.is_enabled, self._fits(account)),
            project=project and project.id,
            roles=roles,
            granted=self._granted(user, project),
            services=[Service(s.id, s.name, s.is_enabled) for s in services],
            endpoints=self._endpoints(services, desired.region),
        )

    def _by_name(
        self,
        noun: str,
        name: str,
        listing: Callable[..., Any],
        **query: Any,
    ) -> Any:
        """Return the resource of exactly this name, or None."""
        for entry in listing(name=name, **query):
            # On some databases Keystone ignores case.
            if entry.name.casefold() == name.casefold():
                self._ids[noun, name] = entry.id
                return entry
        return None

    def _granted(self, user: Any, project: Any) -> frozenset[str]:
        if not user or not project:
            return frozenset()
        assignments = self._identity.role_assignments(
            user_id=user.id, scope_project_id=project.id
        )
        # An inherited role counts below the project, and not in it.
        return frozenset(
            assignment.role["id"]
            for assignment in assignments
            if "OS-INHERIT:inherited_to" not in assignment.scope
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
        login = self._connection.session
        auth = v3.Password(
            address(self._connection),
            username=account.user,
            user_domain_id=self._domain(account.user_domain),
            password=self.password,
            unscoped=True,
        )
        try:
            session = KeystoneSession(verify=login.verify, cert=login.cert)
            auth.get_access(session)
        except keystone.Unauthorized:
            return False
        return True

    # One method for each kind of step. It returns the id of what it created
    # or changed.

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
        """Send a user, perhaps with a password: it is in no log."""
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
                self._identity.update_service(step.id, **step.values)
            )
        service_id = _id_of(
            self._identity.create_service(
                name=step.name, type=SERVICE_TYPE, description=DESCRIPTION
            )
        )
        self._ids["service", SERVICE_TYPE] = service_id
        return service_id

    def _endpoint(self, step: Step, account: Account) -> str:
        if step.outcome is Outcome.CHANGED:
            return _id_of(
                self._identity.update_endpoint(step.id, **step.values)
            )
        return _id_of(
            self._identity.create_endpoint(
                service_id=self._ids["service", SERVICE_TYPE],
                interface=step.values["interface"],
                region_id=step.values["region"],
                url=step.values["url"],
            )
        )

    _STEPS: Mapping[str, Callable[..., str]] = {
        "project": _project,
        "role": _role,
        "user": _user,
        "grant": _grant,
        "service": _service,
        "endpoint": _endpoint,
    }


def _id_of(resource: Any) -> str:
    return str(resource.id)
