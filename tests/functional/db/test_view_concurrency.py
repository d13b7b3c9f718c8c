"""Projectors and recorders at once: nothing lost, nobody stuck."""

import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from concertim_api.db.store import SqlStore
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.view.projector import Projector
from tests.functional.db.clouds import FLAVOR

STATES = ("active", "stopped", "paused")
RACKS, SERVERS, ROUNDS = 4, 6, 12


@pytest.fixture
def stores(conf, store):
    """Stores with connections of their own."""
    found = [SqlStore(conf) for _ in range(3)]
    yield found
    for each in found:
        each.close()


@pytest.fixture
def world(world):
    world.some(RACKS, SERVERS)
    return world


def _change(world, store):
    """Turn every server on and off, some at a time; return the last word."""
    recorder = Recorder(store.transactions)
    said = {}
    servers = [f"s-{r}-{n}" for r in range(RACKS) for n in range(SERVERS)]
    states = itertools.cycle(STATES)
    for round_ in range(ROUNDS):
        world.clock.moment = world.clock.moment.replace(second=round_ + 1)
        for name in servers:
            said[name] = next(states)
        next(states)
        recorder.record(
            [
                world.observation(
                    "instance", name, shape={"state": said[name]}
                )
                for name in servers
            ]
        )
    return said


def test_two_projectors_and_a_recorder(world, stores):
    done = threading.Event()
    start = threading.Barrier(3)

    def project(store):
        projector = Projector(store.projection, world.clock, world.rules)
        start.wait()
        while not done.is_set():
            projector.run(7)

    def change(store):
        start.wait()
        try:
            return _change(world, store)
        finally:
            done.set()

    with ThreadPoolExecutor(3) as pool:
        projecting = [pool.submit(project, one) for one in stores[:2]]
        said = pool.submit(change, stores[2]).result()
        for one in projecting:
            one.result()
    world.settle()
    shown = {
        device.id: json.loads(device.body)["state"]
        for device in world.shown("device", kind="instance").values()
    }
    assert shown == said
    for rack in world.shown("rack"):
        taken = [
            u
            for device in world.shown("device", rack_id=rack).values()
            for u in range(device.start_u, device.start_u + device.height_u)
        ]
        assert len(taken) == len(set(taken)) == SERVERS * 2 + 1


def test_a_change_while_it_is_projected_is_not_lost(world, stores):
    """Whoever reads a resource before it changes must not settle it."""
    world.settle()
    world.server("s-0-0", shape={"state": "stopped"})

    def work(work):
        [held] = work.stale(10)
        if world.store.engine.dialect.name != "sqlite":  # nobody else writes
            recorder = Recorder(stores[0].transactions)
            later = {"state": "paused", "flavor": FLAVOR}
            world.clock.moment = world.clock.moment.replace(second=59)
            recorder.record(
                [world.observation("instance", "s-0-0", shape=later)]
            )
        else:
            held = held._replace(generation=held.generation - 1)
        work.settle([held], ())

    world.store.projection.project(work)
    assert world.store.projection.is_stale()


def test_one_projector_waits_for_the_other(world, stores):
    inside, entered = threading.Event(), threading.Event()
    order = []

    def first(work):
        inside.set()
        assert not entered.wait(0.2)
        order.append("first")

    def second(work):
        entered.set()
        order.append("second")

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(stores[0].projection.project, first)
        inside.wait()
        other = pool.submit(stores[1].projection.project, second)
        one.result()
        other.result()
    assert order == ["first", "second"]
