"""A full sync: requests, CPU after the HTTP, and memory.

The cloud is simulated, over real HTTP, by a process of its own. Requests are
those that it received. CPU and memory are of a process that does nothing
else, on SQLite. The peer of the same run: openstacksdk's own listing of the
same servers, as its objects.

The system before us took 10,503 requests for the first of these sites, each
time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import pathlib
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta

import openstack

from concertim_api import bootstrap
from concertim_api.clouds.simulator import Simulator, Site
from concertim_api.db import schema
from concertim_api.services.view.projector import Projector
from tests.databases import at_hand, new_database

SPAWN = multiprocessing.get_context("spawn")
AT_ONCE = 1000


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=10_000)
    parser.add_argument("--stacks", type=int, default=500)
    parser.add_argument("--backends", nargs="*", default=at_hand())
    asked = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        with Simulated(folder, 50, 100, 1100) as site:
            requests(folder, site)
        with Simulated(folder, 50, asked.stacks, asked.servers):
            for backend in asked.backends:
                for work in (streamed, measured):
                    with new_database(backend, folder) as url:
                        apart(work, folder, url)
            apart(peer, folder)


class Simulated:
    """A simulated cloud in a process of its own."""

    def __init__(self, folder, *size):
        self._here, there = SPAWN.Pipe()
        self._process = SPAWN.Process(
            target=simulate, args=(folder, size, there)
        )

    def __enter__(self):
        self._process.start()
        self._here.recv()
        return self

    def __exit__(self, *_):
        self._here.send("stop")
        self._process.join()

    def requests(self):
        """Return how many there were since this was asked last."""
        self._here.send("count")
        return self._here.recv()


def simulate(folder, size, pipe):
    # What has just changed is read again by the next sync.
    founded = datetime.now(UTC) - timedelta(hours=1)
    simulator = Simulator(Site.of_size(*size, now=lambda: founded)).start()
    simulator.clouds_yaml(pathlib.Path(folder) / "clouds.yaml")
    pipe.send("ready")
    while pipe.recv() == "count":
        pipe.send(len(simulator.requests))
        simulator.requests.clear()
    simulator.stop()


def apart(work, *arguments):
    """Do work in a process of its own: memory and caches are its own."""
    process = SPAWN.Process(target=work, args=arguments)
    process.start()
    process.join()
    assert process.exitcode == 0


def built(folder, url):
    bootstrap.spare_collector()  # as the agent does
    conf = bootstrap.configure(default_config_files=[])
    for option, value, group in (
        ("connection", url, "database"),
        ("clouds", ["simulated"], "cloud"),
        ("clouds_file", f"{folder}/clouds.yaml", "cloud"),
    ):
        conf.set_override(option, value, group)
    schema.sync(conf)
    services = bootstrap.services(conf)
    (cloud,) = bootstrap.clouds(conf).values()
    projector = Projector(
        services.store.projection,
        bootstrap.SystemClock(),
        bootstrap.rules(conf),
    )
    return services.sync, cloud, projector


def requests(folder, site):
    url = f"sqlite:///{folder}/requests.sqlite"
    sync, cloud, projector = built(folder, url)
    site.requests()
    assert sync.run(cloud).outcome == "done"
    cold = site.requests()
    project(projector)
    assert sync.run(cloud).outcome == "done"
    print("50 projects, 100 stacks, 1,100 servers:")
    print(f"  cold               {cold:6} requests, 100 of them the stacks'")
    print(f"  nothing changed    {site.requests():6} requests", flush=True)


def project(projector):
    while projector.run(AT_ONCE).more:
        pass


def streamed(folder, url):
    """All of it, page by page, as the agent does it."""
    sync, cloud, projector = built(folder, url)
    began = time.process_time()
    report = sync.run(cloud)
    assert report.outcome == "done", report.error
    project(projector)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    spent = time.process_time() - began
    servers = report.kinds["instance"].new
    # Each has another one within it.
    stacks = report.kinds["stack"].new // 2
    backend = url.partition("+")[0].partition(":")[0]
    print(f"{servers:,} servers in {stacks:,} stacks, {backend}:")
    print(f"  HTTP and all       {spent:6.2f} s CPU, {used:.0f} MB at most")


class Listed:
    """What a cloud has listed, listed once more: no HTTP."""

    def __init__(self, cloud):
        self.region, self.kinds = cloud.region, cloud.kinds
        self.pages = {k: list(cloud.listing(k, {})) for k in cloud.kinds}

    def listing(self, kind, read):
        yield from self.pages[kind]


def measured(folder, url):
    sync, cloud, projector = built(folder, url)
    began = time.process_time()
    listed = Listed(cloud)
    read = time.process_time()
    sync.run(listed)
    recorded = time.process_time()
    project(projector)
    shown = time.process_time()
    again = sync.run(Listed(cloud))
    began_again = time.process_time()
    sync.run(listed)
    done = time.process_time()
    assert not again.kinds["instance"].new
    print(f"  reading            {read - began:6.2f} s CPU")
    print(f"  reconcile, cold    {recorded - read:6.2f} s CPU")
    print(f"  the view, cold     {shown - recorded:6.2f} s CPU")
    print(f"  nothing changed    {done - began_again:6.2f} s CPU", flush=True)


def peer(folder):
    config = openstack.config.OpenStackConfig(
        config_files=[f"{folder}/clouds.yaml"], load_envvars=False
    )
    connection = openstack.connection.Connection(
        config=config.get_one("simulated")
    )
    began = time.process_time()
    count = sum(1 for _ in connection.compute.servers(all_projects=True))
    spent = time.process_time() - began
    print(f"  openstacksdk alone {spent:6.2f} s CPU to list {count:,} servers")


if __name__ == "__main__":
    main()
