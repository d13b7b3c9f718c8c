"""A cluster in a simulated cloud, shown as a rack, and who acts on it."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest

from concertim_api.clouds.openstack.block_storage import StorageOrders
from concertim_api.clouds.openstack.compute import ComputeOrders
from concertim_api.clouds.openstack.network import NetworkOrders
from concertim_api.clouds.openstack.stacks import StackOrders
from concertim_api.clouds.simulator import Site
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.common.listing import EVERY_PROJECT, Listing
from concertim_api.services.operations.outcomes import Outcomes
from tests.fakes.clock import Clock
from tests.fakes.cloud import in_process
from tests.functional import built
from tests.functional.statements import noted

ANN = Caller("ann", "Ann", "p1", "req-1", None)


class Cluster:
    """A rack with a login server, which has a volume, and two more."""

    def __init__(self, conf, simulator, cloud, clock):
        self.simulator, self.site = simulator, simulator.site
        self.cloud, self.clock = cloud, clock
        physics = self.site.add_project("CM_physics", "p1")
        self.site.add_project("CM_biology", "p2")
        self.stack = self.site.add_cluster(physics, "astro", computes=2)
        self.login, *self.computes = self.site.servers.values()
        (self.volume,) = self.site.volumes.values()
        (self.network,) = self.site.networks.values()
        clouds = {"RegionOne": self.cloud}
        self.services = built.services(conf, clock, clouds)
        self.store, self.recorder = self.services.store, self.services.recorder
        self.outcomes = Outcomes(
            self.store.operations,
            self.store.histories,
            self.recorder,
            clouds,
            self.clock,
            timeout=timedelta(hours=1),
            keep=timedelta(days=400),
        )
        self.listed()

    def listed(self):
        """Let what the rack shows be listed, and the view be made of it."""
        kinds = ("project", "network", "volume", "instance", "stack")
        built.learn(self.services, self.cloud, *kinds)
        built.settle(self.store, self.clock)

    def act(self, thing, action, scope=EVERY_PROJECT, caller=ANN, **more):
        return self.services.device_actions.act(
            caller, scope, thing["id"], action, **more
        )

    def act_on_rack(self, action, scope=EVERY_PROJECT, caller=ANN):
        return self.services.rack_actions.act(
            caller, scope, self.stack["id"], action
        )

    def operation(self, one):
        """Return an operation as it stands."""
        return self.store.operations.get(one.id)

    def all(self):
        """Return all operations, the newest first."""
        return self.store.operations.page(Listing()).rows

    def outcome(self, one, **later):
        """Let the agent run some time later; return the operation then."""
        self.clock.advance(**(later or {"seconds": 2}))
        self.outcomes.run()
        return self.operation(one)

    def followed(self, operation, minutes):
        """Let the agent run each minute for so long; return the operation
        then."""
        for _ in range(minutes):
            answer = self.outcome(operation, minutes=1)
        return answer

    def busy(self, **delay):
        """Let the cloud need some time for what it accepts."""
        later = timedelta(**(delay or {"minutes": 5}))
        self.simulator.delay = later.total_seconds()

    def away(self, error):
        """Let nobody be able to look meanwhile."""
        return mock.patch.object(self.cloud, "look", side_effect=error)

    def looked(self, kind, thing):
        """Record what the cloud says of a thing, as the listener would."""
        self.recorder.reconcile(self.cloud.look(kind, thing["id"]))

    def known(self, kind, thing):
        ref = Ref("RegionOne", kind, thing["id"])
        return self.store.operations.evidence([ref]).get(ref)


@pytest.fixture
def cluster(tmp_path):
    conf = built.configured(tmp_path)
    clock = Clock(datetime(2026, 11, 25, 12, tzinfo=UTC))
    simulator, cloud = in_process(Site(now=clock.now), clock)
    found = Cluster(conf, simulator, cloud, clock)
    yield found
    found.store.close()


_PARTS = {
    "act": ComputeOrders,
    "delete_server": ComputeOrders,
    "detach_volume": ComputeOrders,
    "extend_volume": StorageOrders,
    "delete_volume": StorageOrders,
    "delete_network": NetworkOrders,
    "act_on_stack": StackOrders,
    "delete_stack": StackOrders,
}


@pytest.fixture
def orders(monkeypatch):
    """What the cloud is asked to do, in order; set ``orders.error`` to have
    it fail, before it is done or (``orders.after``) after."""

    class Orders(list):
        error = None
        after = False

    found = Orders()

    def watched(name, real):
        def order(self, *given, **more):
            found.append((name, *given, *more.values()))
            if found.error and not found.after:
                raise found.error
            result = real(self, *given, **more)
            if found.error:
                raise found.error
            return result

        return order

    for name, part in _PARTS.items():
        method = name.removesuffix("_on_stack")
        monkeypatch.setattr(part, method, watched(name, getattr(part, method)))
    return found


@pytest.fixture
def looks(cluster, monkeypatch):
    """The (kind, id) that the cloud is asked for."""
    found = []
    real = cluster.cloud.look

    def look(kind, resource_id):
        found.append((kind, resource_id))
        return real(kind, resource_id)

    monkeypatch.setattr(cluster.cloud, "look", look)
    return found


@pytest.fixture
def statements(cluster):
    """The statements sent to the database, as they are sent."""
    with noted(cluster.store.engine) as sent:
        yield sent
