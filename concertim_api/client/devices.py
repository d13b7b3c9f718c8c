"""Devices: the servers, volumes and networks of the racks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from concertim_api.client import errors
from concertim_api.client.operations import Targets


class Device(TypedDict):
    """A device in a rack; ``start_u`` None: it has no slot."""

    id: str
    name: str
    label: str | None
    kind: str
    region: str
    rack_id: str
    project_id: str | None
    type: str
    status: str
    state: str | None
    template: str | None
    template_id: str | None
    start_u: int | None
    height_u: int | None
    facing: str | None
    public_ips: list[str]
    private_ips: list[str]
    networks: list[str]
    details: dict[str, Any]
    created_at: str | None
    updated_at: str | None


class Devices(Targets[Device]):
    """Devices; with ``at``, as they were at that moment.

    Filters: rack_id, region, project_id, status, type, kind, name, id; with
    ``at`` rack_id is needed. ``get``: region, at.

    Actions of a server: start, stop, reboot (``hard``), suspend, resume,
    shelve, unshelve, destroy. Of a volume: detach (of ``server_id``, or of
    all), extend (to ``size_gb``), destroy (``force``). Of a network: destroy.
    """

    nouns = "devices"

    def find(
        self,
        name_or_id: str,
        *,
        at: datetime | None = None,
        rack_id: str | None = None,
        **place: Any,
    ) -> Device:
        """Return the device with this id or, if there is none, this name.

        With ``rack_id``, the name is searched in that rack, and as it was
        ``at`` the moment; without, among the names of today. One to three
        requests. Raises NotFound, or ClientError with the ids of the devices
        that share the name.
        """
        try:
            return self.get(name_or_id, at=at, **place)
        except errors.NotFound:
            name_at = at if rack_id else None
            device = self._by_name(
                name_or_id, at=name_at, rack_id=rack_id, **place
            )
            if device is None:
                raise
        if at == name_at:
            return device
        return self.get(device["id"], region=device["region"], at=at)
