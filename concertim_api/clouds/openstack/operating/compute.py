"""Nova: ``services.cloud.acting.ComputeActions``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertim_api.clouds.openstack.collection import quoted
from concertim_api.clouds.openstack.operating.refusals import state_conflicts
from concertim_api.clouds.openstack.service import Service
from concertim_api.services.cloud.acting import ServerAction

#: The names and forms of Nova. They never changed.
_ACTIONS: Mapping[str, Mapping[str, Any]] = {
    "start": {"os-start": None},
    "stop": {"os-stop": None},
    "suspend": {"suspend": None},
    "resume": {"resume": None},
    "shelve": {"shelve": None},
    "unshelve": {"unshelve": None},
}

#: Volumes of shelved servers are detached from microversion 2.20 on.
_DETACH = ("2.1", "2.20")


class ComputeOrders:
    def __init__(self, service: Service) -> None:
        self._service = service

    def act(
        self, server_id: str, action: ServerAction, *, hard: bool = False
    ) -> None:
        if action == "reboot":
            body: Mapping[str, Any] = {
                "reboot": {"type": "HARD" if hard else "SOFT"}
            }
        else:
            body = _ACTIONS[action]
        path = f"/servers/{quoted(server_id)}/action"
        self._service.request("POST", path, body)

    def delete_server(self, server_id: str, *, force: bool = False) -> None:
        path = f"/servers/{quoted(server_id)}"
        if force:
            body = {"forceDelete": None}
            self._service.request("POST", f"{path}/action", body)
        else:
            self._service.request("DELETE", path)

    def detach_volume(self, server_id: str, volume_id: str) -> None:
        path = (
            f"/servers/{quoted(server_id)}/os-volume_attachments"
            f"/{quoted(volume_id)}"
        )
        with state_conflicts():
            self._service.request("DELETE", path, versions=_DETACH)
