"""Actions in one region: ``services.cloud.acting.CloudActions``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from concertim_api.clouds.openstack.operating.compute import ComputeOrders
from concertim_api.clouds.openstack.operating.identity import (
    Directory,
    IdentityOrders,
)
from concertim_api.clouds.openstack.operating.keypairs import KeypairOrders
from concertim_api.clouds.openstack.operating.leftovers import Leftovers
from concertim_api.clouds.openstack.operating.network import NetworkOrders
from concertim_api.clouds.openstack.operating.quotas import (
    QuotaOrders,
)
from concertim_api.clouds.openstack.operating.remains import RemainsOrders
from concertim_api.clouds.openstack.operating.stacks import StackOrders
from concertim_api.clouds.openstack.operating.storage import StorageOrders
from concertim_api.clouds.openstack.service import Service

#: Returns a service for orders, by its type.
ServiceOf = Callable[[str], Service]


class OpenStackActions:
    """Each service is asked with the same credentials; none before it is
    needed. ``admin_roles``: with one of them they see all projects."""

    def __init__(
        self,
        services: ServiceOf,
        directory: Directory,
        admin_roles: Sequence[str],
    ) -> None:
        self._services = services
        self._directory = directory
        self._admin_roles = admin_roles

    @property
    def identity(self) -> IdentityOrders:
        return IdentityOrders(self._services("identity"), self._directory)

    @property
    def compute(self) -> ComputeOrders:
        return ComputeOrders(self._services("compute"))

    @property
    def storage(self) -> StorageOrders:
        return StorageOrders(self._services("block-storage"))

    @property
    def network(self) -> NetworkOrders:
        return NetworkOrders(self._services("network"))

    @property
    def keypairs(self) -> KeypairOrders:
        return KeypairOrders(self._services("compute"))

    @property
    def quotas(self) -> QuotaOrders:
        return QuotaOrders(
            *map(self._services, ("compute", "block-storage", "network"))
        )

    @property
    def stacks(self) -> StackOrders:
        return StackOrders(self._services("orchestration"))

    @property
    def remains(self) -> RemainsOrders:
        return RemainsOrders(
            self._services("block-storage"),
            self._services("network"),
            Leftovers(self._services, self._admin_roles),
        )
