"""A cluster that others have told of, and a cloud that can be listed."""

import contextlib
import dataclasses as dc
import threading

from concertim_api import bootstrap
from concertim_api.agent.agent import Agent
from concertim_api.agent.announcer import Nobody
from concertim_api.agent.coordination import Coordination
from concertim_api.domain.errors import Unavailable
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.services.cloud.reading import ListingPage, Omission
from concertim_api.services.common.offers import offers
from tests.functional import built

from .conftest import PHYSICS, flavor, seen, server

#: All projects are ours.
VIEW = ("[view]", "projects = all")

#: The options of the agent's intervals that are short here.
INTERVALS = {
    "view_interval": "agent",
    "refresh_interval": "agent",
    "push_interval": "frontend",
    "interval": "operations",
}


def member(kind, name):
    return {"kind": kind, "id": f"id-of-{name}", "name": name, "type": "OS::X"}


def volume(name, day, size_gb, **more):
    return seen(
        "volume",
        f"id-of-{name}",
        day,
        project_id=PHYSICS,
        shape={"size_gb": size_gb, "attached_to": []},
        details={"name": name, "state": "available"},
        **more,
    )


#: A rack of a server that was resized, a server with a hostile name, a
#: volume and a network.
CLUSTER = [
    seen("user", "u1", 1, details={"name": "ada", "email": "ada@x.test"}),
    seen("flavor", "m1.small", 1, shape=flavor("m1.small", 1)),
    server("head", 2),
    server("head", 3, vcpus=4),
    server("node\x1b[31m-1", 2, state="stopped"),
    volume("scratch", 2, 500),
    seen(
        "network",
        "id-of-lan",
        2,
        project_id=PHYSICS,
        shape={"shared": False},
        details={"name": "lan", "state": "ACTIVE", "admin_state_up": True},
    ),
    seen(
        "stack",
        "k1",
        2,
        project_id=PHYSICS,
        details={
            "name": "solver",
            "state": "CREATE_COMPLETE",
            "state_reason": "Stack CREATE completed successfully",
            "user_name": "ada",
            "parent": "",
            "read_at": "2026-03-02T00:00:00+00:00",
            "outputs": {"gateway": "\x1b[31mred"},
            "resources": [
                member("instance", "head"),
                member("instance", "node\x1b[31m-1"),
                member("network", "lan"),
                member("volume", "scratch"),
            ],
        },
    ),
]


def show(services):
    """Record the cluster, and bring the view up to date."""
    services.recorder.record(CLUSTER)
    built.settle(services.store, services.clock, services.rules)


@contextlib.contextmanager
def repeated(work):
    """Let something be done over and over in a thread, as an agent does."""
    end = threading.Event()

    def run():
        while not end.wait(0.1):
            work()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


class Cloud:
    """A cloud with volumes, one of which it can't tell; its flavors are
    another service's, which it lacks."""

    region = "here"
    kinds = ("flavor", "volume")

    def __init__(self):
        self.is_broken = False
        self.may_answer = threading.Event()
        self.may_answer.set()

    def listing(self, kind, read):
        assert self.may_answer.wait(60)
        if self.is_broken:
            raise Unavailable("HTTP 500 on page 1")
        if kind == "volume":
            volumes = [volume("scratch", 2, 500), volume("new", 4, 1)]
            omission = Omission("id-of-strange", "size: not a number")
            yield ListingPage(
                [Sighting(volume) for volume in volumes], [omission]
            )
        else:
            yield ListingPage([Sighting(CLUSTER[1])])

    def changes(self, since):
        return iter(())

    def look(self, kind, resource_id):
        return ()


@contextlib.contextmanager
def working(services, cloud, place, front_end=None):
    """Let an agent work with a cloud, and perhaps a front end."""
    conf = bootstrap.unread()
    conf([], default_config_files=[])
    for name, group in INTERVALS.items():
        conf.set_override(name, 0.2, group)
    built = dc.replace(
        services,
        clouds={cloud.region: cloud},
        front_end=front_end,
        announcer=Nobody(),
    )
    coordination = Coordination(f"file://{place}", "test")
    log, clock = services.store.jobs, services.clock
    agent = Agent(
        offers("jobs", conf, built), log, clock, coordination, "an-agent"
    )
    agent.start()
    try:
        yield
    finally:
        cloud.may_answer.set()
        agent.stop(30)
