"""Heat: stacks, the resources of each, and orders for stacks."""

from __future__ import annotations

import dataclasses as dc
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from concertim_api.clouds.base import readable
from concertim_api.clouds.openstack import paging
from concertim_api.clouds.openstack.collection import (
    Collection,
    CollectionReader,
    quoted,
)
from concertim_api.clouds.openstack.meanings import Forbidden
from concertim_api.clouds.openstack.service import Service
from concertim_api.clouds.openstack.stack_families import Row
from concertim_api.domain.errors import NotFound, Unavailable
from concertim_api.payloads import heat
from concertim_api.payloads.facts import Facts
from concertim_api.services.cloud.acting import StackAction

_STACKS = Collection(
    "stack",
    "/stacks",
    "stack",
    params={"show_nested": "true"},
)

_POLICY = (
    "Heat does not list the stacks of all projects. Its policy "
    "'stacks:global_index' allows that to nobody by default; allow it to the "
    "role of our user"
)


@dc.dataclass(frozen=True, slots=True)
class Contents:
    """What a root stack is made of. ``lasting`` False: something in it was
    at work when it was read. ``clusters``: those of Magnum."""

    asked_at: datetime
    members: list[dict[str, Any]]
    lasting: bool
    clusters: Sequence[str]
    sahara: Sequence[str]


class Stacks:
    """The requests to Heat."""

    def __init__(
        self,
        api: CollectionReader,
        kind_of: heat.KindOf,
        nested_depth: int,
    ) -> None:
        self._api = api
        self.service = api.service
        self._kind_of = kind_of
        self._nested_depth = nested_depth
        self._refuses_global = False

    def pages(
        self, extra: Mapping[str, str] | None = None
    ) -> Iterator[paging.Page]:
        """Yield stacks of all projects, nested ones too. One request a page,
        and one more, the first time, if Heat wants to be asked otherwise.

        An administrator of Heat sees all stacks even if its policy lets
        nobody ask for all. Other users see the stacks of one project. Heat
        does not say which it is, but only an administrator sees projects.
        """
        filters = extra or {}
        if not self._refuses_global:
            try:
                yield from self._api.pages(
                    _STACKS, {"global_tenant": "true", **filters}
                )
            except Forbidden:
                self._refuses_global = True
            else:
                return
        for page in self._api.pages(_STACKS, filters):
            self._check_all_are_seen(page)
            yield page

    def _check_all_are_seen(self, page: paging.Page) -> None:
        for item in page.items:
            if isinstance(item, Mapping) and "project" in item:
                return
        if page.items or "admin" not in self.service.roles():
            raise Unavailable(f"{self.service.region}: {_POLICY}")

    def row(self, stack_id: str) -> Row | None:
        """Return a stack by its id, perhaps a deleted one. 1 request, and 1
        more if there is none, to make sure that we see all stacks."""
        params = {"show_deleted": "true", "id": stack_id}
        for page in self.pages(params):
            for item in page.items:
                if isinstance(item, Mapping) and item.get("id") == stack_id:
                    return Row(page.asked_at, item)
        if self._refuses_global:
            next(self.pages(), None)
        return None

    def show(self, row: Row) -> tuple[datetime, Facts]:
        """Return a stack with outputs and description. 1 request."""
        answer = self.service.get(_path(row.name, row.id))
        with readable(f"{self.service.region}: stack {row.id}"):
            facts = heat.stack(answer.body["stack"])
        return answer.asked_at, dc.replace(
            facts, project_id=row.project_id or facts.project_id
        )

    def contents(self, row: Row) -> Contents:
        """Return the resources of a root stack, at any depth. 1 request."""
        path = _path(row.name, row.id) + "/resources"
        answer = self.service.get(
            path, {"nested_depth": str(self._nested_depth)}
        )
        with readable(f"{self.service.region}: stack {row.id}"):
            resources = heat.resources(answer.body)
            return Contents(
                asked_at=answer.asked_at,
                members=heat.members(resources, self._kind_of),
                lasting=not any(
                    heat.is_moving(resource)
                    for resource in resources
                    if isinstance(resource, Mapping)
                ),
                clusters=heat.physical_ids(resources, heat.MAGNUM),
                sahara=heat.physical_ids(resources, heat.SAHARA),
            )


@dc.dataclass(frozen=True, slots=True)
class StackOrders:
    """``services.cloud.acting.StackActions``.

    The paths of Heat have a project. It must be the one of the token, which
    the catalog puts there: with another one Heat answers 403, but for
    administrators of the newest Heat. Heat finds the project of the stack by
    itself. So an administrator acts on every stack by such a path; for other
    users the stack of another project does not exist.
    """

    service: Service

    def name(self, stack_id: str) -> str:
        """See the port. Heat redirects from the id to the name and the id."""
        location = self.service.redirection(f"/stacks/{quoted(stack_id)}")
        name, location_id = urllib.parse.urlsplit(location).path.split("/")[
            -2:
        ]
        if location_id != stack_id:
            raise NotFound(f"The stack {stack_id} could not be found.")
        return urllib.parse.unquote(name)

    def act(self, name: str, stack_id: str, action: StackAction) -> None:
        self.service.request(
            "POST", f"{_path(name, stack_id)}/actions", {action: None}
        )

    def delete_stack(self, name: str, stack_id: str) -> None:
        self.service.request("DELETE", _path(name, stack_id))


def _path(name: str, stack_id: str) -> str:
    return f"/stacks/{quoted(name)}/{quoted(stack_id)}"
