"""What a project leaves behind: ``services.cloud.acting.RemainsActions``."""

from __future__ import annotations

import contextlib
import dataclasses as dc
from collections.abc import (
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Any, NamedTuple

from concertim_api.clouds.openstack import paging
from concertim_api.clouds.openstack.collection import quoted
from concertim_api.clouds.openstack.network import INTERFACES, remove
from concertim_api.clouds.openstack.paging import Query
from concertim_api.clouds.openstack.service import Answer, Service
from concertim_api.domain.errors import (
    CloudRefused,
    ConcertimError,
    NotFound,
    Unasked,
    Unavailable,
)
from concertim_api.services.cloud.acting import Remainder


class Question(NamedTuple):
    """Where a service lists the things of a kind. ``project``: the name of
    the parameter that has it list those of one project only."""

    kind: str
    service: str
    path: str
    params: Mapping[str, str] = {}
    project: str = "project_id"


_ALL = {"all_tenants": "1"}

_DELETED = {**_ALL, "status": "SOFT_DELETED", "deleted": "true"}

_STACKS = {"global_tenant": "true", "show_hidden": "true"}

_IMAGES = {"visibility": "all"}

_HIDDEN = {**_IMAGES, "os_hidden": "true"}

#: Nova hides deleted servers that it still keeps, Heat hidden stacks,
#: Glance hidden images and those that others share with their community.
#: Neutron's own ports count, too: none is there without a network or router.
_QUESTIONS = (
    Question("stack", "orchestration", "/stacks", _STACKS, "tenant"),
    Question("instance", "compute", "/servers/detail", _ALL),
    Question("instance", "compute", "/servers/detail", _DELETED),
    Question("backup", "block-storage", "/backups/detail", _ALL),
    Question("snapshot", "block-storage", "/snapshots/detail", _ALL),
    Question("volume", "block-storage", "/volumes/detail", _ALL),
    Question("floating_ip", "network", "/floatingips"),
    Question("router", "network", "/routers"),
    Question("network", "network", "/networks"),
    Question("port", "network", "/ports"),
    Question("image", "image", "/images", _IMAGES, "owner"),
    Question("image", "image", "/images", _HIDDEN, "owner"),
)

#: From 2.69 on the services of a cell that is down are listed as UNKNOWN. An
#: older Nova leaves them out.
_CELL_VERSIONS = ("2.1", "2.69")

#: Questions to services that a cloud may not have.
_OPTIONAL = (
    Question("load_balancer", "load-balancer", "/lbaas/loadbalancers"),
    Question("load_balancer", "octavia", "/lbaas/loadbalancers"),
    Question("share", "shared-file-system", "/shares/detail", _ALL),
)


@dc.dataclass(frozen=True, slots=True)
class RemainsOrders:
    """``services`` returns a service by its type. ``admin_roles``: with one
    of them the services show everything."""

    services: Callable[[str], Service]
    admin_roles: Sequence[str]

    def of(self, project_id: str) -> Sequence[Remainder]:
        """See ``services.cloud.acting.RemainsActions``."""
        with self._unasked("identity"):
            roles = self.services("identity").roles()
            self._check_sight(roles)
        with self._unasked("compute"):
            self._check_cells()
        remainders: dict[str, Remainder] = {}
        for question in (*_QUESTIONS, *self._optional()):
            with self._unasked(question.service):
                for thing in self._answer(question, project_id, roles):
                    remainder = self._remainder(question, thing)
                    remainders.setdefault(question.kind, remainder)
        return [*remainders.values()]

    def other_regions(self) -> set[str]:
        """See ``services.cloud.acting.RemainsActions``."""
        services = {q.service for q in (*_QUESTIONS, *_OPTIONAL)}
        with self._unasked("identity"):
            regions = [
                self.services(name).other_regions() for name in services
            ]
        return set().union(*regions)

    def delete_snapshot(self, snapshot_id: str) -> None:
        self._delete("block-storage", f"/snapshots/{quoted(snapshot_id)}")

    def delete_backup(self, backup_id: str) -> None:
        self._delete("block-storage", f"/backups/{quoted(backup_id)}")

    def delete_floating_ip(self, floating_ip_id: str) -> None:
        self._delete("network", f"/floatingips/{quoted(floating_ip_id)}")

    def delete_router(self, router_id: str) -> None:
        network = self.services("network")
        query = Query("/ports", {"device_id": router_id})
        for port in paging.items(network, query):
            if port.get("device_owner") in INTERFACES:
                with contextlib.suppress(NotFound):
                    remove(network, port)
        self._delete("network", f"/routers/{quoted(router_id)}")

    def delete_port(self, port_id: str) -> None:
        self._delete("network", f"/ports/{quoted(port_id)}")

    def _delete(self, service: str, path: str) -> None:
        self.services(service).request("DELETE", path)

    @contextlib.contextmanager
    def _unasked(self, service: str) -> Iterator[None]:
        """Turn each error into Unasked, which names the service."""
        try:
            yield
        except ConcertimError as exc:
            region = self.services(service).region
            raise Unasked(
                f"{service} of {region}", str(exc), exc.detail
            ) from None

    def _check_sight(self, roles: Collection[str]) -> None:
        """Raise CloudRefused unless we see what other projects have.

        Neutron, Cinder, Glance and Manila do not refuse other users. They
        answer with an empty list.
        """
        if not {*roles}.intersection(self.admin_roles):
            raise CloudRefused(
                "our user has no role that shows what all projects have: see "
                "[cloud] admin_roles"
            )

    def _check_cells(self) -> None:
        """Raise Unavailable if a cell of Nova is down. Lists may lack its
        servers, and do not say so."""
        service = self.services("compute")
        answer = service.get("/os-services", versions=_CELL_VERSIONS)
        for service in _things(answer, "services"):
            if not isinstance(service, Mapping) or not service.get("status"):
                raise Unavailable("one of its services has no status")
            if service["status"] == "UNKNOWN":
                raise Unavailable(
                    f"host {service.get('host')} is of a cell that is down"
                )

    def _optional(self) -> Iterator[Question]:
        for question in _OPTIONAL:
            with self._unasked(question.service):
                is_there = self.services(question.service).is_in_catalog()
            if is_there:
                yield question

    def _answer(
        self, question: Question, project_id: str, roles: Collection[str]
    ) -> Sequence[Any]:
        """Return the list that a service answers with. An administrator of
        Heat sees all stacks, even if the policy lets nobody ask for all of
        them (``stacks:global_index``)."""
        service = self.services(question.service)
        first = {question.project: project_id, "limit": "1"}
        params = {**question.params, **first}
        try:
            answer = service.get(question.path, params)
        except CloudRefused:
            if "global_tenant" not in params or "admin" not in roles:
                raise
            del params["global_tenant"]
            answer = service.get(question.path, params)
        return _things(answer, paging.list_name(question.path))

    def _remainder(self, question: Question, thing: object) -> Remainder:
        if not isinstance(thing, Mapping) or not thing.get("id"):
            things = paging.list_name(question.path)
            raise Unavailable(f"one of its {things} has no id")
        name = next(filter(None, map(thing.get, _NAMES)), None)
        return Remainder(
            region=self.services(question.service).region,
            kind=question.kind,
            id=str(thing["id"]),
            name=None if name is None else str(name),
        )


def _things(answer: Answer, key: str) -> Sequence[Any]:
    """Return the list in an answer. Raises Unavailable if there is none, or
    if it may lack something."""
    if answer.status != 200:
        raise Unavailable(f"it answers {answer.status}, and not 200")
    body = answer.body
    things = body.get(key) if isinstance(body, Mapping) else None
    if not isinstance(things, list):
        raise Unavailable(f"there are no {key} in its answer")
    doubts = [name for name in _DOUBTS if body.get(name)]
    if doubts:
        raise Unavailable(f"beside its list of {key} is: {doubts[0]}")
    if not things and paging.next_link(body):
        raise Unavailable(f"its list of {key} ends early")
    return things


#: Fields beside a list that say that it lacks something.
_DOUBTS = ("truncated", "error", "errors")

#: The fields that hold the name of a thing.
_NAMES = ("name", "stack_name", "floating_ip_address")
