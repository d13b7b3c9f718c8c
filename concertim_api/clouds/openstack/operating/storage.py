"""Cinder: ``services.cloud.acting.StorageOperator``."""

from __future__ import annotations

from concertim_api.clouds.openstack.collection import quoted
from concertim_api.clouds.openstack.operating.refusals import states_told
from concertim_api.clouds.openstack.service import Service

#: With force, DELETE is repeated without harm: from microversion 3.23 on.
_FORCE = ("3.23", "3.23")

#: A volume that is attached is extended from microversion 3.42 on; an older
#: Cinder extends others.
_EXTEND = ("3.0", "3.42")


class StorageOrders:
    def __init__(self, service: Service) -> None:
        self._service = service

    def delete_volume(self, volume_id: str, *, force: bool = False) -> None:
        path = f"/volumes/{quoted(volume_id)}"
        with states_told():
            if force:
                more = {"force": "true"}
                self._service.request(
                    "DELETE", path, params=more, versions=_FORCE
                )
            else:
                self._service.request("DELETE", path)

    def extend_volume(self, volume_id: str, size_gb: int) -> None:
        path = f"/volumes/{quoted(volume_id)}/action"
        body = {"os-extend": {"new_size": size_gb}}
        with states_told():
            self._service.request("POST", path, body, versions=_EXTEND)
