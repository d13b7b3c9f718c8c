"""The push by real processes, to the simulated app over HTTP."""

from __future__ import annotations

import collections
import dataclasses as dc
import random
import signal
from datetime import UTC, datetime

import pytest

from concertim_api.clouds.simulator.simulator import Simulator
from concertim_api.clouds.simulator.site import Site
from concertim_api.frontend import simulator
from concertim_api.services.common.listing import Listing
from concertim_api.services.ledger.recorder import Recorder
from tests.databases import SERVERS, new_database
from tests.functional.db.clouds import OURS, World
from tests.integration.conftest import needed
from tests.integration.notified import founding, renamed
from tests.waiting import wait_for, wait_for_exit, wait_until_same

AGENT, LISTENER = "concertim-agent", "concertim-listener"

SECRET = "correct-horse-battery"

KILLS, RACKS, DEVICES = 50, 20, 24


@pytest.fixture
def app():
    with simulator.serve() as server:
        server.app.url = server.url
        server.app.server = server
        (root,) = server.app.model.users.values()
        server.app.model.put(dc.replace(root, password=SECRET))
        yield server.app


@pytest.fixture
def leading(installation, app):
    """An installation that leads to the app."""
    installation.configure(
        "frontend",
        driver="concertim",
        url=app.url,
        username="admin",
        password=SECRET,
        order_ids="stack",
        retry_wait=0.05,
    )
    return installation


def shown(store):
    """Return what the view shows: noun -> ids of the cloud."""
    return {
        noun: {
            row.id for row in store.view.page(noun, Listing(limit=9999)).rows
        }
        for noun in ("rack", "device")
    }


def held(app):
    """Return what the app shows, and how often."""
    found = app.snapshot()
    racks = [
        rack["metadata"]["openstack_stack_id"]
        for rack in found["racks"].values()
    ]
    devices = [
        device["metadata"]["openstack_instance_id"]
        for device in found["devices"].values()
    ]
    return {
        "rack": collections.Counter(racks),
        "device": collections.Counter(devices),
    }


def await_same(app, store):
    """Wait until the app shows what the view shows, each thing once."""
    return wait_until_same(
        "racks and devices",
        view=lambda: {
            noun: dict.fromkeys(ids, 1) for noun, ids in shown(store).items()
        },
        app=lambda: {noun: dict(counts) for noun, counts in held(app).items()},
    )


def test_a_cloud_arrives_and_what_becomes_of_it(leading, app):
    """Agent alone: the first sync, a change, an end; then nothing more."""
    site = Site.of_size(projects=1, stacks=2, servers=6)
    for known in site.projects.values():
        app.seed.team(known["name"], known["id"])
    with Simulator(site) as cloud:
        leading.ask(cloud)
        leading.configure("agent", changes_interval=1)
        leading.run("concertim-manage", "db", "sync")
        process = leading.start(AGENT)
        store = leading.store()
        wait_for(
            "the app to show two racks",
            lambda: held(app)["rack"],
            lambda racks: len(racks) == 2,
        )
        await_same(app, store)
        server = next(iter(site.servers.values()))
        server["status"], server["OS-EXT-STS:vm_state"] = "SHUTOFF", "stopped"
        server["updated"] = datetime.now(UTC).isoformat()[:19] + "Z"

        def status():
            for device in app.snapshot()["devices"].values():
                if server["id"] in device["metadata"].values():
                    return device["status"]
            return None

        wait_for(
            f"the app to show server {server['id']} stopped",
            status,
            lambda status: status == "STOPPED",
        )
        process.send_signal(signal.SIGTERM)
        assert wait_for_exit(process) == 0
        store.close()
    writes = [e for e in app.requests if e.method in ("POST", "PATCH")]
    assert not [e for e in writes if e.status and e.status >= 400]
    log = leading.log(AGENT)
    assert "The jobs of this agent" in log
    assert not [w for w in ("Traceback", SECRET, "Bearer") if w in log]


def test_a_notification_arrives(leading, app, bus):
    """Listener and agent: from the bus to the app, with nothing else."""
    app.seed.team("one", "p-front")
    leading.configure("DEFAULT", transport_url=bus.url)
    leading.configure("listener", exchanges=bus.exchange, pool=bus.pool)
    leading.run("concertim-manage", "db", "sync")
    bus.declare_pool()
    leading.start(LISTENER)
    leading.start(AGENT)
    bus.publish(founding("p-front", 2, 3))
    wait_for(
        "the app to show six devices",
        lambda: held(app)["device"],
        lambda devices: len(devices) == 6,
    )
    bus.publish([renamed("s-0-0", "login", "p-front")])
    wait_for(
        "the app to show a device as it was renamed",
        lambda: app.snapshot(ids=False)["devices"].keys(),
        lambda names: "one/cluster-0/login" in names,
    )


def test_the_job_says_that_the_front_end_is_away(leading, app):
    leading.configure("agent", view_interval=0.1)
    leading.run("concertim-manage", "db", "sync")
    app.server.stop()
    leading.start(AGENT)
    store = leading.store()
    record = wait_for(
        "a push to fail", lambda: store.jobs.job("push"), _has("failed")
    )
    assert record.error == (
        "the front end: GET /api/v1/templates: no connection to it"
    )
    app.server.start()
    wait_for("a push to be done", lambda: store.jobs.job("push"), _has("done"))
    store.close()


def _has(outcome):
    return lambda record: record is not None and record.outcome == outcome


@pytest.fixture(params=["sqlite", "mariadb"])
def many(request, leading, app, tmp_path):
    """500 things to be pushed, and nothing else to do."""
    if request.param in SERVERS:
        needed(SERVERS[request.param])
    with new_database(request.param, tmp_path) as url:
        leading.configure("database", connection=url)
        leading.configure("frontend", concurrency=4)
        leading.run("concertim-manage", "db", "sync")
        app.seed.team("one", OURS)
        store = leading.store()
        world = World(store, Recorder(store.transactions), datetime.now(UTC))
        world.some(RACKS, DEVICES - 1)
        world.settle(limit=1000)
        yield store
        store.close()


def test_killed_fifty_times_it_ends_with_each_thing_once(leading, app, many):
    """Wherever it was: between a request and its answer, or its record."""
    expected = RACKS * (DEVICES + 1) + 1
    assert sum(map(len, shown(many).values())) == expected - 1
    dice = random.Random(7)
    app.faults.add("^(POST|PATCH|DELETE) /api", "delay", 0.02)
    for _ in range(KILLS):
        before = _created(app)
        process = leading.start(AGENT)
        goal = min(before + dice.randint(1, 9), expected)
        wait_for(
            f"{goal} things in the app",
            lambda: _created(app),
            goal.__le__,
            every=0.005,
        )
        leading.kill(process)
    assert _created(app) < expected, "it was over before the last kill"
    leading.start(AGENT)
    await_same(app, many)
    assert app.count("POST /api/v1/") - _refused(app) == expected
    wait_for(
        "nothing to be due any more",
        lambda: many.bindings.is_due(datetime.now(UTC)),
        lambda is_due: not is_due,
    )
    assert await_same(app, many)


def _created(app):
    model, seeds = app.model, 3
    return sum(map(len, (model.templates, model.racks, model.devices)), -seeds)


def _refused(app):
    return sum(
        entry.method == "POST" and entry.status != 200
        for entry in list(app.requests)
        if entry.path.startswith("/api")
    )
