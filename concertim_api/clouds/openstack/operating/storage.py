"""Cinder: ``services.cloud.acting.StorageActions``."""

from __future__ import annotations

from concertim_api.clouds.openstack.collection import quoted
from concertim_api.clouds.openstack.operating.refusals import state_conflicts
from concertim_api.clouds.openstack.service import Service

#: DELETE has ``force`` since 3.23. Unlike the older action it can be repeated.
_FORCE = ("3.23", "3.23")

#: Cinder extends attached volumes since 3.42, and other volumes before.
_EXTEND = ("3.0", "3.42")


class StorageOrders:
    def __init__(self, service: Service) -> None:
        self._service = service

    def delete_volume(self, volume_id: str, *, force: bool = False) -> None:
        path = f"/volumes/{quoted(volume_id)}"
        with state_conflicts():
            if force:
                params = {"force": "true"}
                self._service.request(
                    "DELETE", path, params=params, versions=_FORCE
                )
            else:
                self._service.request("DELETE", path)

    def extend_volume(self, volume_id: str, size_gb: int) -> None:
        path = f"/volumes/{quoted(volume_id)}/action"
        body = {"os-extend": {"new_size": size_gb}}
        with state_conflicts():
            self._service.request("POST", path, body, versions=_EXTEND)
