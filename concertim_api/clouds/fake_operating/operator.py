"""An operator of the cloud in memory: ``services.cloud.acting.Operator``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from concertim_api.clouds.fake_operating.allowances import FakeAllowances
from concertim_api.clouds.fake_operating.compute import FakeCompute
from concertim_api.clouds.fake_operating.identity import FakeIdentity
from concertim_api.clouds.fake_operating.key_pairs import FakeKeyPairs
from concertim_api.clouds.fake_operating.network import FakeNetwork
from concertim_api.clouds.fake_operating.remains import FakeRemains
from concertim_api.clouds.fake_operating.stacks import FakeStacks
from concertim_api.clouds.fake_operating.storage import FakeStorage

if TYPE_CHECKING:
    from concertim_api.clouds.fake import FakeCloud


class FakeOperator:
    def __init__(self, cloud: FakeCloud) -> None:
        self.identity = FakeIdentity(cloud)
        self.compute = FakeCompute(cloud)
        self.storage = FakeStorage(cloud)
        self.network = FakeNetwork(cloud)
        self.stacks = FakeStacks(cloud)
        self.key_pairs = FakeKeyPairs(cloud)
        self.allowances = FakeAllowances(cloud)
        self.remains = FakeRemains(cloud)
