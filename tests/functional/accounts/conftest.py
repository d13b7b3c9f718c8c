"""Users, teams and roles on a simulated Keystone, and a database."""

from __future__ import annotations

import contextlib
import pathlib
from datetime import UTC, datetime, timedelta

import pytest

from concertim_api import bootstrap
from concertim_api.clouds import openstack
from concertim_api.clouds.simulator import Simulator
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.http.session import Patience
from concertim_api.services.accounts.purges import Purger
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.common.listing import EVERY_PROJECT, Listing
from tests.functional import built

ADMIN = Caller("an-admin", request_id="req-1")


#: Requests to find a service, and what it can do.
DISCOVERIES = (
    "GET ",
    "GET /identity",
    "GET /identity/v3",
    "GET /compute/v2.1",
)


class World:
    """A cloud, and the services that act in it."""

    def __init__(self, folder, simulator, **options):
        self.folder = pathlib.Path(folder)
        self.simulator = simulator
        self.site = simulator.site
        lines = [f"{name} = {value}" for name, value in options.items()]
        self.conf = built.configured(
            folder, "\n".join(["[operations]", *lines])
        )
        self.clock = bootstrap.SystemClock()
        patience = Patience(retries=0, sleep=lambda seconds: None)
        conf = simulator.conf()
        conf.set_override("timeout", options.get("timeout", 5), "operations")
        (self.cloud,) = openstack.clouds(conf, self.clock, patience)
        self.clouds = {self.cloud.region: self.cloud}
        self.services = built.services(self.conf, self.clock, self.clouds)
        self.users = self.services.user_actions
        self.teams = self.services.team_actions
        self.roles = self.services.role_actions

    def requests(self):
        """Return the requests since it was last asked for them, without
        those to log in and to find the service."""
        lines = [
            line
            for line in self.simulator.requests
            if "/auth/tokens" not in line
            and line.rstrip("/") not in DISCOVERIES
        ]
        self.simulator.requests.clear()
        return lines

    def operations(self):
        """Return what is written down, the oldest first."""
        page = self.services.operations.list(EVERY_PROJECT, Listing())
        return [*page.rows][::-1]

    def operation(self, operation):
        """Return an operation as it stands."""
        return self.services.operations.get(EVERY_PROJECT, operation.id)

    def learn(self, *kinds):
        """Record what the cloud lists of some kinds."""
        built.learn(self.services, self.cloud, *kinds)

    def look(self, kind, resource_id):
        """Record what the cloud says of one thing."""
        self.services.recorder.reconcile(self.cloud.look(kind, resource_id))

    def told(self, kind, resource_id, project_id, **more):
        """Record a message, which need not be true.

        ``region``: else ours; ``ahead``: how far in the future it is true.
        """
        at = self.clock.now() + more.pop("ahead", timedelta())
        ref = Ref(more.pop("region", "RegionOne"), kind, resource_id)
        observation = Observation(
            ref=ref,
            at=at.replace(microsecond=0),
            reported_at=at,
            received_at=at,
            key="a-message",
            project_id=project_id,
            **{"says": "alive", **more},
        )
        self.services.recorder.record([observation])

    def resource(self, kind, resource_id):
        (row,) = (
            row
            for row in self.services.store.ledger.find(resource_id)
            if row.kind == kind
        )
        return row

    def project(self):
        """Bring the view up to date."""
        built.settle(self.services.store, self.clock, self.services.rules)

    def roles_of(self, project_id):
        """Return what Keystone says: user id -> names of roles."""
        roles = {}
        for assignment in self.site.role_assignments:
            if assignment["scope"].get("project", {}).get("id") == project_id:
                names = roles.setdefault(assignment["user"]["id"], [])
                names.append(assignment["role"]["name"])
        return {user: sorted(names) for user, names in roles.items()}


class Later:
    """A clock that is ahead, and goes on."""

    def __init__(self):
        self.ahead = timedelta(seconds=3)

    def now(self):
        return datetime.now(UTC) + self.ahead

    def wait(self, seconds):
        self.ahead += timedelta(seconds=seconds)


class Agent(Purger):
    """What purges in a world, by a clock of its own."""

    def __init__(self, world):
        self.world, self.clock = world, Later()
        store = world.services.store
        super().__init__(
            store.ledger,
            store.operations,
            world.services.recorder,
            world.clouds,
            self.clock,
            timedelta(hours=1),
        )

    def runs(self, count, seconds=31):
        """Run, and wait, so often."""
        for _ in range(count):
            self.run()
            self.clock.wait(seconds)

    def finish(self, operation, runs=60):
        """Run until a purge is finished; return it."""
        for _ in range(runs):
            self.runs(1)
            purge = self.world.operation(operation)
            if purge.state != "accepted":
                return purge
        raise AssertionError(purge)


@pytest.fixture
def purger(world):
    return Agent(world)


@pytest.fixture
def simulator():
    with contextlib.closing(Simulator().start()) as started:
        yield started


@pytest.fixture
def make_world(tmp_path, simulator, monkeypatch):
    """Return a function that makes the world; its argument: [operations]."""
    monkeypatch.setattr("concertim_api.clouds.openstack.service._WAIT", 0)
    made = []

    def make(**options):
        made.append(World(tmp_path, simulator, **options))
        return made[-1]

    yield make
    for world in made:
        world.services.store.close()


@pytest.fixture
def world(make_world):
    return make_world()
