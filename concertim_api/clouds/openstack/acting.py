"""An operator of one region: ``services.cloud.acting.Operator``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from concertim_api.clouds.openstack.operating.compute import ComputeOrders
from concertim_api.clouds.openstack.operating.identity import (
    Directory,
    IdentityOrders,
)
from concertim_api.clouds.openstack.operating.keypairs import KeyPairOrders
from concertim_api.clouds.openstack.operating.leftovers import Leftovers
from concertim_api.clouds.openstack.operating.network import NetworkOrders
from concertim_api.clouds.openstack.operating.quotas import (
    AllowanceOrders,
)
from concertim_api.clouds.openstack.operating.remains import RemainsOrders
from concertim_api.clouds.openstack.operating.stacks import StackOrders
from concertim_api.clouds.openstack.operating.storage import StorageOrders
from concertim_api.clouds.openstack.orders import Orders

#: Returns who gives orders to a service, by its type.
OrdersOf = Callable[[str], Orders]


class OpenStackOperator:
    """Each service is asked with the same credentials; none before it is
    needed. ``admin_roles``: with one of them they see all projects."""

    def __init__(
        self,
        orders: OrdersOf,
        directory: Directory,
        admin_roles: Sequence[str],
    ) -> None:
        self._orders = orders
        self._directory = directory
        self._admin_roles = admin_roles

    @property
    def identity(self) -> IdentityOrders:
        return IdentityOrders(self._orders("identity"), self._directory)

    @property
    def compute(self) -> ComputeOrders:
        return ComputeOrders(self._orders("compute"))

    @property
    def storage(self) -> StorageOrders:
        return StorageOrders(self._orders("block-storage"))

    @property
    def network(self) -> NetworkOrders:
        return NetworkOrders(self._orders("network"))

    @property
    def key_pairs(self) -> KeyPairOrders:
        return KeyPairOrders(self._orders("compute"))

    @property
    def allowances(self) -> AllowanceOrders:
        return AllowanceOrders(
            *map(self._orders, ("compute", "block-storage", "network"))
        )

    @property
    def stacks(self) -> StackOrders:
        return StackOrders(self._orders("orchestration"))

    @property
    def remains(self) -> RemainsOrders:
        return RemainsOrders(
            self._orders("block-storage"),
            self._orders("network"),
            Leftovers(self._orders, self._admin_roles),
        )
