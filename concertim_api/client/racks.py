"""Racks: the picture of each cluster, as it is or as it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NotRequired, TypedDict

from concertim_api.client import lookup
from concertim_api.client.arguments import body, query
from concertim_api.client.devices import Device
from concertim_api.client.http import Http, Items, listed, next_arguments, path
from concertim_api.client.operations import Operation


class Rack(TypedDict):
    """A cluster as a rack; ``devices`` only where they were asked for."""

    region: str
    id: str
    project_id: str | None
    team: str | None
    name: str
    stack_name: str | None
    description: str | None
    status: str
    status_reason: str | None
    state: str | None
    owner: str | None
    outputs: dict[str, Any]
    height_u: int
    used_u: int
    device_count: int
    messages: list[str]
    order_id: str | None
    cost: str | None
    created_at: str | None
    updated_at: str | None
    devices: NotRequired[list[Device]]


class Events(TypedDict):
    """A rack, and what became of it and of what is in it."""

    rack: Rack
    events: list[dict[str, Any]]


class Racks:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(
        self,
        *,
        at: datetime | None = None,
        sort: str | None = None,
        limit: int | None = None,
        marker: str | None = None,
        **filters: Any,
    ) -> Items[Rack]:
        """Return racks; with ``at`` those that were there then, as they
        were.

        Filters: region, project_id, status, name, id.
        """
        arguments = query(at=at, sort=sort, marker=marker, **filters)
        return self._http.items(path("racks"), "racks", arguments, limit)

    def get(
        self,
        rack_id: str,
        *,
        region: str | None = None,
        at: datetime | None = None,
        devices: bool | None = None,
    ) -> Rack:
        """Return a rack; with ``at``, as it was; with its ``devices``, if
        they are asked for.

        Raises Ambiguous if several regions have this id.
        """
        arguments = query(region=region, at=at, devices=devices)
        found: Rack = self._http.get(path("racks", rack_id), arguments)
        return found

    def find(
        self,
        name_or_id: str,
        *,
        region: str | None = None,
        at: datetime | None = None,
        devices: bool | None = None,
    ) -> Rack:
        """Return the rack with this id or, failing that, this name.

        Raises NotFound, or ClientError naming those that share the name.
        """
        found = lookup.find(
            "racks",
            name_or_id,
            lambda one: self.get(one, region=region, at=at, devices=devices),
            lambda name: self.list(
                name=name, region=region, at=at, limit=lookup.MOST
            ),
        )
        if devices and "devices" not in found:
            return self.get(
                found["id"], region=found["region"], at=at, devices=True
            )
        return found

    def history(self, rack_id: str, *, region: str | None = None) -> Events:
        """Return a rack and all its events, the oldest first.

        One that is gone has a history, too.
        """
        place = path("racks", rack_id, "history")
        found: Events = self._http.get(place, query(region=region))
        after = next_arguments(found)
        while after is not None:
            page = self._http.get(place, after)
            found["events"] += listed(page, "events")
            after = next_arguments(page)
        return found

    def act(
        self, rack_id: str, action: str, *, region: str | None = None
    ) -> Operation:
        """Have the cloud suspend, resume, check or destroy a rack.

        It finishes that later: see ``operations.finished``. Safe to repeat.
        Raises Conflict, Forbidden and the like in the cloud's words.
        """
        asked = body({"action": action, "region": region})
        told: Operation = self._http.post(
            path("racks", rack_id, "action"), asked
        )
        return told
