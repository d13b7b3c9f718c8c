"""Devices: the servers, volumes and networks of the racks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from concertim_api.client import errors, lookup
from concertim_api.client.arguments import body, query
from concertim_api.client.http import Http, Items, path
from concertim_api.client.operations import Operation


class Device(TypedDict):
    """What fills a slot of a rack; ``start_u`` None: it has no slot."""

    region: str
    id: str
    kind: str
    rack_id: str
    project_id: str | None
    name: str
    label: str | None
    type: str
    status: str
    state: str | None
    template_id: str | None
    template: str | None
    start_u: int | None
    height_u: int | None
    facing: str | None
    public_ips: list[str]
    private_ips: list[str]
    networks: list[str]
    details: dict[str, Any]
    created_at: str | None
    updated_at: str | None


class Devices:
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
    ) -> Items[Device]:
        """Return devices; with ``at`` those that were there then, as they
        were.

        Filters: rack_id, region, project_id, status, type, kind, name, id;
        with ``at`` rack_id is needed.
        """
        arguments = query(at=at, sort=sort, marker=marker, **filters)
        return self._http.items(path("devices"), "devices", arguments, limit)

    def get(
        self,
        device_id: str,
        *,
        region: str | None = None,
        at: datetime | None = None,
    ) -> Device:
        """Return a device; with ``at``, as it was.

        Raises Ambiguous if several regions have this id.
        """
        arguments = query(region=region, at=at)
        found: Device = self._http.get(path("devices", device_id), arguments)
        return found

    def find(
        self,
        name_or_id: str,
        *,
        region: str | None = None,
        at: datetime | None = None,
        rack_id: str | None = None,
    ) -> Device:
        """Return the device with this id or, failing that, this name.

        ``rack_id`` tells which of those that share the name, and with
        ``at`` where to look for the name then; without it, the name is that
        of today. Raises NotFound, or ClientError naming those that share
        the name.
        """
        asked = {"name": f"eq:{name_or_id}", "rack_id": rack_id}
        try:
            return self.get(name_or_id, region=region, at=at)
        except errors.NotFound:
            then = at if rack_id else None
            named = self.list(
                region=region, at=then, limit=lookup.MOST, **asked
            )
            found = lookup.only("devices", name_or_id, [*named])
            if found is None:
                raise
        if at == then:
            return found
        return self.get(found["id"], region=found["region"], at=at)

    def act(
        self,
        device_id: str,
        action: str,
        *,
        region: str | None = None,
        hard: bool | None = None,
        server_id: str | None = None,
        size_gb: int | None = None,
        force: bool | None = None,
    ) -> Operation:
        """Have the cloud do something with a device.

        A server: start, stop, reboot (``hard``), suspend, resume, shelve,
        unshelve, destroy. A volume: detach (of ``server_id``, or of all),
        extend (to ``size_gb``), destroy (``force``). A network: destroy.
        The cloud finishes that later: see ``operations.finished``. Safe to
        repeat. Raises Conflict, Forbidden and the like in the cloud's words.
        """
        asked = body(
            {
                "action": action,
                "region": region,
                "hard": hard,
                "server_id": server_id,
                "size_gb": size_gb,
                "force": force,
            }
        )
        told: Operation = self._http.post(
            path("devices", device_id, "action"), asked
        )
        return told
