"""The push: requests for a thousand devices, and how soon a change is there.

The front end is the simulated app, over real HTTP, in a process of its own;
its own clock says when a request arrived. Peers of the same run: for the
thousand devices, the same bodies sent by a bare client of as many threads;
for the changes, a plain consumer of the same messages, and the same agent
without wake-ups, which leaves it to looks at the database.

Needs the services of tools/services.sh (CONCERTIM_TEST_*).
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import dataclasses as dc
import multiprocessing
import pathlib
import resource
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime

import requests

from benchmarks.latency import (
    PROJECT,
    SERVERS,
    STACKS,
    consume,
    publish,
    report,
)
from concertim_api import bootstrap
from concertim_api.frontend import simulator
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.push.pusher import pusher as pusher_of
from tests.databases import new_database
from tests.functional.db.clouds import OURS, World
from tests.integration.conftest import Bus, Installation, needed
from tests.integration.notified import founding
from tests.waiting import wait_for

SPAWN = multiprocessing.get_context("spawn")
RACKS, DEVICES = 40, 25


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--backend", default="mariadb")
    asked = parser.parse_args(argv)
    thousand(asked)
    for how in ("woken", "by looks at the database"):
        changes(asked, how)


class Front:
    """The simulated app, in a process of its own."""

    def __init__(self, project):
        self._here, there = SPAWN.Pipe()
        self._process = SPAWN.Process(target=serve, args=(project, there))

    def __enter__(self):
        self._process.start()
        self.url = self._here.recv()
        return self

    def __exit__(self, *_):
        self._here.send("stop")
        self._process.join()

    def requests(self):
        """Return what arrived since this was asked last."""
        self._here.send("requests")
        return self._here.recv()


def serve(project, pipe):
    with simulator.serve() as server:
        server.app.seed.team("one", project)
        pipe.send(server.url)
        while pipe.recv() == "requests":
            found = list(server.app.requests)
            del server.app.requests[: len(found)]  # others may have come
            pipe.send(found)


@contextlib.contextmanager
def installed(asked, front):
    with (
        tempfile.TemporaryDirectory() as folder,
        new_database(asked.backend, folder) as database,
    ):
        site = Installation(pathlib.Path(folder))
        site.configure("database", connection=database)
        site.configure(
            "frontend",
            driver="concertim",
            url=front.url,
            username="admin",
            password="admin",
            order_ids="stack",
        )
        site.run("concertim-manage", "db", "sync")
        try:
            yield site
        finally:
            site.stop_all()


# A thousand devices


def thousand(asked):
    with Front(OURS) as front, installed(asked, front) as site:
        conf = bootstrap.configure(["--config-file", str(site.conf)])
        services = dc.replace(
            bootstrap.services(conf), front_end=bootstrap.front_end(conf)
        )
        world = World(
            services.store,
            Recorder(services.store.transactions),
            datetime.now(UTC),
        )
        world.some(RACKS, DEVICES - 1)
        world.settle(limit=1000)
        pusher = pusher_of(conf, services)
        took, cpu = timed(lambda: drained(pusher))
        sent = front.requests()
        logins = sum(r.path.startswith("/users") for r in sent)
        again, _ = timed(pusher.run)
        idle = len(front.requests())
        pusher = pusher_of(conf, services)
        surveyed, survey_cpu = timed(lambda: drained(pusher))
        seen = len(front.requests()) - 1
    devices = RACKS * DEVICES
    with Front(OURS) as front:
        bare, bare_cpu = timed(lambda: bare_client(front.url, sent))
    print(
        f"{devices} devices: {len(sent) - logins} requests, "
        f"{(len(sent) - logins) / devices:.3f} a device\n"
        f"  pushed in {took:.1f} s ({cpu:.1f} s CPU); a bare client sends "
        f"the same in {bare:.1f} s ({bare_cpu:.1f} s CPU): "
        f"{bare / took:.2f} of its rate\n"
        f"  nothing due: {idle} requests, {again * 1000:.1f} ms\n"
        f"  survey and comparison of all: {seen} requests, {surveyed:.2f} s "
        f"({survey_cpu:.2f} s CPU)"
    )


def drained(pusher):
    while pusher.run().more:
        pass


def timed(work):
    began, cpu = time.monotonic(), _cpu()
    work()
    return time.monotonic() - began, _cpu() - cpu


def _cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def bare_client(url, sent):
    """Send what creates racks and devices, with the ids of this app."""
    session = requests.Session()
    login = {"user": {"login": "admin", "password": "admin"}}
    answer = session.post(f"{url}/users/sign_in.json", json=login)
    session.headers["Authorization"] = answer.headers["Authorization"]
    posts = [r for r in sent if r.method == "POST" and "api" in r.path]
    (team,) = session.get(f"{url}/api/v1/teams").json()
    seeds = session.get(f"{url}/api/v1/templates").json()
    templates = {seed["tag"]: seed["id"] for seed in seeds}
    racks = {}

    def post(path, body):
        answer = session.post(url + path, json=body)
        answer.raise_for_status()
        return answer.json()["id"]

    for request in posts:
        if "templates" in request.path:
            templates[None] = post(request.path, request.body)
        elif "racks" in request.path:
            body = {"rack": {**request.body["rack"], "team_id": team["id"]}}
            stack = body["rack"]["metadata"]["openstack_stack_id"]
            racks[stack] = post(request.path, body)

    def node(request):
        device = request.body["device"]
        tag = {"Network": "network", "Volume": "volume"}.get(device["type"])
        stack = device["metadata"]["openstack_stack_id"]
        place = {**device["location"], "rack_id": racks[stack]}
        post(
            request.path,
            {
                "template_id": templates[tag],
                "device": {**device, "location": place},
            },
        )

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        nodes = [r for r in posts if "nodes" in r.path]
        list(pool.map(node, nodes))


# Changes


def changes(asked, how):
    bus = Bus(needed("CONCERTIM_TEST_RABBIT"))
    with Front(PROJECT) as front, installed(asked, front) as site:
        site.configure("DEFAULT", transport_url=bus.url)
        site.configure("listener", exchanges=bus.exchange, pool=bus.pool)
        bus.declare_pool()
        bus.declare_pool("peer-" + bus.pool)
        site.start("concertim-listener")
        if how == "woken":
            site.start("concertim-agent")
            stop = None
        else:
            stop = without_wakes(site)
        bus.publish(founding(PROJECT, STACKS, SERVERS))
        arrived(front, lambda r: "nodes" in r.path, STACKS * SERVERS)
        sent, received, done = {}, {}, threading.Event()
        peer = threading.Thread(target=consume, args=(bus, received, done))
        peer.start()
        publish(asked, bus, sent)
        there = {}
        wait_for(
            f"{len(sent)} names to arrive",
            lambda: len(note(front, there)),
            len(sent).__le__,
        )
        done.set()
        peer.join()
        if stop is not None:
            stop.terminate()
            stop.wait()
    if how == "woken":
        report("plain consumer", [received[n] - sent[n] for n in sent])
    # The app's clock is the machine's, the publisher's a monotonic one.
    between = time.time() - time.monotonic()
    ages = [there[n] - between - sent[n] for n in sent]
    report(f"at the app, {how}", ages)


def arrived(front, wanted, count):
    found = []

    def enough():
        found.extend(filter(wanted, front.requests()))
        return len(found) >= count

    wait_for(f"{count} requests to arrive", enough)


def note(front, there):
    """Note when each name arrived."""
    for request in front.requests():
        name = (request.body or {}).get("device", {}).get("name")
        if request.method == "PATCH" and name:
            there.setdefault(name, request.time)
    return there


def without_wakes(site):
    """Start an agent whose jobs do not wake each other."""
    return subprocess.Popen(
        [sys.executable, "-c", _WITHOUT_WAKES, str(site.conf)],
        stdin=subprocess.DEVNULL,
        stderr=(site.folder / "agent.log").open("a"),
    )


_WITHOUT_WAKES = """
import signal, sys
from concertim_api import bootstrap
conf = bootstrap.configure(["--config-file", sys.argv[1]])
agent = bootstrap.agent(conf)
for runner in agent._runners.values():
    runner.wakes = {}
agent.start()
signal.signal(signal.SIGTERM, lambda *_: None)
signal.pause()
agent.stop(5)
"""


if __name__ == "__main__":
    main()
