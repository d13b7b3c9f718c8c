"""What is to be done so that Keystone has what is wanted."""

from __future__ import annotations

import dataclasses as dc
import enum
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from concertim_api.domain.errors import Conflict

#: What clients look for in the catalog.
SERVICE_TYPE = "concertim"

DESCRIPTION = "Racks, devices and usage of clouds"

#: What is said of a change.
_WHY = {"enabled": "was disabled", "password": "another password"}


@dc.dataclass(frozen=True, slots=True)
class Account:
    """A user with roles in a project, all by their names."""

    user: str = "concertim"
    user_domain: str = "Default"
    project: str = "service"
    project_domain: str = "Default"
    roles: Sequence[str] = ("service",)


@dc.dataclass(frozen=True, slots=True)
class Wanted:
    """``urls``: interface -> URL; an interface without one is left alone."""

    account: Account
    service: str
    region: str
    urls: Mapping[str, str]


@dc.dataclass(frozen=True, slots=True)
class User:
    """``fits``: whether the given password is theirs; None: none is given."""

    id: str
    enabled: bool = True
    fits: bool | None = None


@dc.dataclass(frozen=True, slots=True)
class Service:
    id: str
    name: str
    enabled: bool = True


@dc.dataclass(frozen=True, slots=True)
class Endpoint:
    id: str
    interface: str
    url: str
    enabled: bool = True


@dc.dataclass(frozen=True, slots=True)
class Found:
    """What there is of it. ``granted``: ids of roles."""

    user: User | None = None
    project: str | None = None
    roles: Mapping[str, str] = dc.field(default_factory=dict)
    granted: Collection[str] = ()
    services: Sequence[Service] = ()
    endpoints: Sequence[Endpoint] = ()


class Outcome(enum.StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    KEPT = "kept"


@dc.dataclass(frozen=True, slots=True)
class Step:
    """One thing, and what becomes of it.

    ``id``: of what is there already; ``values``: what it gets; ``why``: what
    is said of a change.
    """

    outcome: Outcome
    noun: str
    name: str
    id: str = ""
    values: Mapping[str, Any] = dc.field(default_factory=dict)
    why: str = ""


def plan(wanted: Wanted, found: Found) -> list[Step]:
    """Return what becomes of each thing, in the order of doing.

    Raises Conflict where there are several and none can be preferred.
    """
    return [
        _project(wanted.account, found),
        *(_role(name, found) for name in wanted.account.roles),
        _user(wanted.account, found),
        *(
            _grant(name, wanted.account, found)
            for name in wanted.account.roles
        ),
        *_catalog(wanted, found),
    ]


def _project(account: Account, found: Found) -> Step:
    if found.project is None:
        return Step(Outcome.CREATED, "project", account.project)
    return Step(Outcome.KEPT, "project", account.project, found.project)


def _role(name: str, found: Found) -> Step:
    if name not in found.roles:
        return Step(Outcome.CREATED, "role", name)
    return Step(Outcome.KEPT, "role", name, found.roles[name])


def _user(account: Account, found: Found) -> Step:
    user = found.user
    if user is None:
        values = {"enabled": True, "password": True}
        return Step(Outcome.CREATED, "user", account.user, values=values)
    changes: dict[str, Any] = {}
    if not user.enabled:
        changes["enabled"] = True
    if user.fits is False:
        changes["password"] = True
    return _changed("user", account.user, user.id, changes)


def _grant(role: str, account: Account, found: Found) -> Step:
    granted = found.roles.get(role) in found.granted
    outcome = Outcome.KEPT if granted else Outcome.CREATED
    why = f"to {account.user} in {account.project}"
    return Step(outcome, "grant", role, why=why)


def _catalog(wanted: Wanted, found: Found) -> Iterator[Step]:
    if not found.services:
        yield Step(Outcome.CREATED, "service", wanted.service)
    else:
        service = _only("service", SERVICE_TYPE, found.services)
        changes = {} if service.enabled else {"enabled": True}
        yield _changed("service", service.name, service.id, changes)
    for interface, url in wanted.urls.items():
        there = [e for e in found.endpoints if e.interface == interface]
        yield _endpoint(wanted.region, interface, url, there)


def _endpoint(
    region: str, interface: str, url: str, there: Sequence[Endpoint]
) -> Step:
    name = f"{interface} of {region}"
    if not there:
        values = {"interface": interface, "region": region, "url": url}
        return Step(Outcome.CREATED, "endpoint", name, values=values, why=url)
    endpoint = _only("endpoint", name, there)
    changes: dict[str, Any] = {}
    if endpoint.url != url:
        changes["url"] = url
    if not endpoint.enabled:
        changes["enabled"] = True
    step = _changed("endpoint", name, endpoint.id, changes)
    was = f"{endpoint.url} -> {url}" if "url" in changes else url
    return dc.replace(step, why=", ".join(filter(None, [was, step.why])))


def _changed(noun: str, name: str, id_: str, changes: dict[str, Any]) -> Step:
    outcome = Outcome.CHANGED if changes else Outcome.KEPT
    why = ", ".join(_WHY[change] for change in changes if change in _WHY)
    return Step(outcome, noun, name, id_, changes, why)


def _only(noun: str, name: str, there: Sequence[Any]) -> Any:
    if len(there) > 1:
        ids = ", ".join(sorted(one.id for one in there))
        raise Conflict(
            f"Keystone has {len(there)} of the {noun} {name}: {ids}. Delete "
            "those that nobody uses."
        )
    return there[0]
