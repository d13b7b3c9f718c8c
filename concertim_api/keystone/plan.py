"""The steps that bring Keystone from its actual to the desired state."""

from __future__ import annotations

import dataclasses as dc
import enum
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from concertim_api.domain.errors import Conflict, Invalid

#: Clients look for this in the catalog.
SERVICE_TYPE = "concertim"

DESCRIPTION = "Racks, devices and usage of clouds"

#: Change -> what the report says of it.
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
class DesiredState:
    """What should exist. ``urls``: interface -> URL. An interface without one
    is left as it is."""

    account: Account
    service: str
    region: str
    urls: Mapping[str, str]


@dc.dataclass(frozen=True, slots=True)
class User:
    """``fits``: whether our password is theirs; None: we have none."""

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
class ActualState:
    """What exists. ``granted``: ids of roles."""

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
    """One thing, and its outcome.

    ``id``: if it exists already; ``values``: its new fields; ``why``: what
    the report says of a change.
    """

    outcome: Outcome
    noun: str
    name: str
    id: str = ""
    values: Mapping[str, Any] = dc.field(default_factory=dict)
    why: str = ""


def plan(desired: DesiredState, actual: ActualState) -> list[Step]:
    """Return one step for each thing, in the order of their work.

    Raises Conflict if Keystone has several of one thing, and Invalid for a
    public URL that is missing here and there.
    """
    _check_public_url(desired, actual)
    account = desired.account
    return [
        _created("project", account.project, actual.project),
        *(
            _created("role", name, actual.roles.get(name))
            for name in account.roles
        ),
        _user(account, actual),
        *(_grant(name, account, actual) for name in account.roles),
        *_catalog(desired, actual),
    ]


def _check_public_url(desired: DesiredState, actual: ActualState) -> None:
    interfaces = {endpoint.interface for endpoint in actual.endpoints}
    if "public" not in interfaces | {*desired.urls}:
        raise Invalid(
            "--public-url",
            "neither it nor [api] public_endpoint is set, and Keystone has no "
            f"public endpoint of ours in {desired.region}",
        )


def _created(noun: str, name: str, id_: str | None) -> Step:
    if id_ is None:
        return Step(Outcome.CREATED, noun, name)
    return Step(Outcome.KEPT, noun, name, id_)


def _user(account: Account, actual: ActualState) -> Step:
    user = actual.user
    if user is None:
        values = {"enabled": True, "password": True}
        return Step(Outcome.CREATED, "user", account.user, values=values)
    changes: dict[str, Any] = {}
    if not user.enabled:
        changes["enabled"] = True
    if user.fits is False:
        changes["password"] = True
    return _changed("user", account.user, user.id, changes)


def _grant(role: str, account: Account, actual: ActualState) -> Step:
    granted = actual.roles.get(role) in actual.granted
    outcome = Outcome.KEPT if granted else Outcome.CREATED
    why = f"to {account.user} in {account.project}"
    return Step(outcome, "grant", role, why=why)


def _catalog(desired: DesiredState, actual: ActualState) -> Iterator[Step]:
    if not actual.services:
        yield Step(Outcome.CREATED, "service", desired.service)
    else:
        service = _only("service", SERVICE_TYPE, actual.services)
        changes = {} if service.enabled else {"enabled": True}
        yield _changed("service", service.name, service.id, changes)
    for interface, url in desired.urls.items():
        existing = [e for e in actual.endpoints if e.interface == interface]
        yield _endpoint(desired.region, interface, url, existing)


def _endpoint(
    region: str, interface: str, url: str, existing: Sequence[Endpoint]
) -> Step:
    name = f"{interface} of {region}"
    if not existing:
        values = {"interface": interface, "region": region, "url": url}
        return Step(Outcome.CREATED, "endpoint", name, values=values, why=url)
    endpoint = _only("endpoint", name, existing)
    changes: dict[str, Any] = {}
    if endpoint.url != url:
        changes["url"] = url
    if not endpoint.enabled:
        changes["enabled"] = True
    step = _changed("endpoint", name, endpoint.id, changes)
    change = f"{endpoint.url} -> {url}" if "url" in changes else url
    return dc.replace(step, why=", ".join(filter(None, [change, step.why])))


def _changed(noun: str, name: str, id_: str, changes: dict[str, Any]) -> Step:
    outcome = Outcome.CHANGED if changes else Outcome.KEPT
    why = ", ".join(_WHY[change] for change in changes if change in _WHY)
    return Step(outcome, noun, name, id_, changes, why)


def _only(noun: str, name: str, existing: Sequence[Any]) -> Any:
    if len(existing) > 1:
        ids = ", ".join(sorted(entry.id for entry in existing))
        raise Conflict(
            f"Keystone has {len(existing)} of the {noun} {name}: {ids}. "
            "Delete those that nobody uses."
        )
    return existing[0]
