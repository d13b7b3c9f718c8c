"""Notification -> changed rack in the API, with 50 events a second running.

Listener and agent are processes, with MariaDB and RabbitMQ. Every event
renames a server of a rack; the API is asked for the devices of that rack, in
this process, until it shows the name. The peer of the same run: the age of a
message that a plain consumer of the same exchange gets.

Needs the services of tools/services.sh (CONCERTIM_TEST_*).
"""

from __future__ import annotations

import argparse
import json
import pathlib
import statistics
import tempfile
import threading
import time

import webtest

from concertim_api import bootstrap
from tests.databases import new_database
from tests.integration.conftest import Bus, Installation, needed
from tests.integration.notified import founding, renamed
from tests.waiting import wait_for

PROJECT, STACKS, SERVERS = "p-latency", 20, 10


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--backend", default="mariadb")
    asked = parser.parse_args(argv)
    bus = Bus(needed("CONCERTIM_TEST_RABBIT"))
    with (
        tempfile.TemporaryDirectory() as folder,
        new_database(asked.backend, folder) as database,
    ):
        site = Installation(pathlib.Path(folder))
        site.configure("DEFAULT", transport_url=bus.url)
        site.configure("database", connection=database)
        site.configure("api", auth_strategy="noauth", max_limit=1000)
        site.configure("listener", exchanges=bus.exchange, pool=bus.pool)
        site.run("concertim-manage", "db", "sync")
        bus.declare_pool()
        bus.declare_pool("peer-" + bus.pool)
        try:
            measure(asked, site, bus)
        finally:
            site.stop_all()


def measure(asked, site, bus):
    site.start("concertim-listener")
    site.start("concertim-agent")
    bus.publish(founding(PROJECT, STACKS, SERVERS))
    conf = bootstrap.configure(["--config-file", str(site.conf)])
    api = webtest.TestApp(
        bootstrap.api(conf), extra_environ={"REMOTE_ADDR": "127.0.0.1"}
    )
    wait_for(
        f"{STACKS * SERVERS} names to be shown",
        lambda: len(names(api)),
        (STACKS * SERVERS).__eq__,
    )
    sent, shown, received = {}, {}, {}
    done = threading.Event()
    watchers = [
        threading.Thread(target=watch, args=(api, sent, shown, done)),
        threading.Thread(target=consume, args=(bus, received, done)),
    ]
    for watcher in watchers:
        watcher.start()
    publish(asked, bus, sent)
    try:
        wait_for(
            f"{len(sent)} names to be shown",
            lambda: len(shown),
            len(sent).__eq__,
        )
    finally:
        done.set()
        for watcher in watchers:
            watcher.join()
    report("plain consumer", [received[n] - sent[n] for n in sent])
    report("rack in the API", [shown[n] - sent[n] for n in sent])


def report(title, ages):
    ages = sorted(ages)
    print(
        f"{title:16} p50 {statistics.median(ages) * 1000:5.0f} ms   "
        f"p99 {ages[int(len(ages) * 0.99)] * 1000:5.0f} ms   "
        f"{len(ages)} events"
    )


def publish(asked, bus, sent):
    count = int(asked.seconds * asked.rate)
    begin = time.monotonic()
    for number in range(count):
        name = f"n-{number}"
        pause = begin + number / asked.rate - time.monotonic()
        time.sleep(max(pause, 0))
        server = f"s-{number % STACKS}-{number // STACKS % SERVERS}"
        message = renamed(server, name, PROJECT)
        sent[name] = time.monotonic()
        bus.publish([message])


def names(api):
    found, path = set(), "/v1/devices?limit=1000&fields=label"
    for device in api.get(path, headers={"X-Roles": "admin"}).json["devices"]:
        found.add(device["label"])
    return found


def watch(api, sent, shown, done):
    while not done.is_set():
        for name in names(api):
            if name in sent and name not in shown:
                shown[name] = time.monotonic()
        time.sleep(0.02)


def consume(bus, received, done):
    """Take the same messages from a queue of our own, and note when."""

    def note(body, message):
        payload = json.loads(body["oslo.message"])["payload"]
        received[payload.get("display_name")] = time.monotonic()
        message.ack()

    import kombu

    with bus.connection() as connection:
        queue = kombu.Queue("peer-" + bus.pool, durable=False, no_declare=True)
        with connection.Consumer(queue, callbacks=[note]):
            while not done.is_set():
                try:
                    connection.drain_events(timeout=0.5)
                except TimeoutError:
                    continue


if __name__ == "__main__":
    main()
