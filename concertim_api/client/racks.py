"""Racks: each cluster, as it is or as it was."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from concertim_api.client.devices import Device
from concertim_api.client.http import query
from concertim_api.client.operations import Targets

#: The first microversion with costs.
_COSTS = "1.4"


class Rack(TypedDict):
    """A cluster as a rack; with its ``devices`` on request."""

    id: str
    name: str
    region: str
    project_id: str | None
    team: str | None
    stack_name: str | None
    description: str | None
    owner: str | None
    status: str
    status_reason: str | None
    state: str | None
    height_u: int
    used_u: int
    device_count: int
    messages: list[str]
    outputs: dict[str, Any]
    order_id: str | None
    cost: str | None
    created_at: str | None
    updated_at: str | None
    devices: NotRequired[list[Device]]


class Events(TypedDict):
    """A rack, and the events of it and of its devices."""

    rack: Rack
    events: list[dict[str, Any]]


class Racks(Targets[Rack]):
    """Racks; with ``at``, as they were at that moment.

    Filters: region, project_id, status, name, id. ``get``: region, at, and
    ``devices=True`` for a rack with its devices.

    Actions: suspend, resume, check, destroy.
    """

    nouns = "racks"
    views = ("devices",)

    def svg(
        self, rack_id: str, *, costs: bool | None = None, **place: Any
    ) -> str:
        """Return the picture of a rack and its devices; one request.

        ``place``: region, and ``at``. ``costs``: with what each cost in the
        month so far; that needs microversion 1.4, whatever the client's is.
        """
        picture: str = self._http.request(
            "GET",
            self._path(f"{rack_id}.svg"),
            query(costs=costs, **place),
            accept="image/svg+xml",
            microversion=_COSTS if costs else None,
        )
        return picture

    def history(self, rack_id: str, *, region: str | None = None) -> Events:
        """Return a rack and all its events, the oldest first.

        The rack may be gone. One request for each page of events.
        """
        events: Events = self._http.get_all(
            self._path(rack_id, "history"), "events", query(region=region)
        )
        return events
