"""RabbitMQ -> commit -> ack: events a second, one process.

The peer: oslo.messaging's own batch listener with an endpoint that does
nothing, draining the same notifications in the same run, in turn: once as it
is, and once with the settings of our listener (how Python collects garbage,
and reads JSON). Each drains in a process of its own. What counts is the time
from the start until the last message is done, not the second that
oslo.messaging takes to stop.

Needs the services of tools/services.sh (CONCERTIM_TEST_*).
"""

from __future__ import annotations

import argparse
import collections
import multiprocessing
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta

from kombu import serialization

from concertim_api import bootstrap
from concertim_api.db import schema
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.listener import service
from concertim_api.listener.intake import Dispatcher
from concertim_api.messaging import oslo_messaging
from tests import samples
from tests.databases import at_hand, new_database
from tests.integration.conftest import Bus, needed

SPAWN = multiprocessing.get_context("spawn")
KINDS = ("no-op", "no-op, settings", "ours")


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--backends", nargs="*", default=at_hand())
    asked = parser.parse_args(argv)
    url = needed("CONCERTIM_TEST_RABBIT")
    for backend in asked.backends:
        with (
            tempfile.TemporaryDirectory() as folder,
            new_database(backend, folder) as database,
        ):
            empty = compare(asked, url, database, f"{backend}, empty")
            if asked.stored:
                fill(database, asked.stored)
                full = compare(
                    asked, url, database, f"{backend}, {asked.stored:,} stored"
                )
                print(f"{backend}: full / empty {full / empty:.2f}")


def compare(asked, url, database, title):
    """Drain by turns; print the medians, and return that of ours."""
    rates = collections.defaultdict(list)
    for run in range(asked.runs):
        seed = int(time.time() * 1000 + run) & 0xFFF
        for kind in KINDS:
            rate = apart(asked, url, database, kind, seed)
            rates[kind].append(rate)
    print(f"{title}:", flush=True)
    for kind in KINDS:
        pairs = zip(rates["ours"], rates[kind], strict=True)
        ratio = statistics.median(one / other for one, other in pairs)
        rate = statistics.median(rates[kind])
        of_it = f"; ours is {ratio:.2f} of it" if kind != "ours" else ""
        print(f"  {kind:16} {rate:7.0f} events/s{of_it}", flush=True)
    return statistics.median(rates["ours"])


def apart(*arguments):
    """Drain in a process of its own; return events a second."""
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=drained, args=(there, *arguments))
    process.start()
    rate = here.recv()
    process.join()
    assert process.exitcode == 0
    return rate


def drained(pipe, asked, url, database, kind, seed):
    """Fill a queue, then drain it; send events a second until the last one
    is done."""
    bus = Bus(url)
    bus.declare_pool()
    bus.publish(samples.fresh(asked.events, seed))
    is_ours = kind == "ours"
    conf = configuration(bus, asked.batch, database if is_ours else None)
    dispatcher = real(conf) if is_ours else NoOp()
    if kind == "no-op":
        serialization.register_json()  # kombu's own
    else:
        bootstrap.spare_collector()
    transport = oslo_messaging.get_notification_transport(conf)
    make = service.server if is_ours else stock
    running = make(conf, transport, dispatcher)
    start = time.perf_counter()
    running.start(override_pool_size=1)
    while dispatcher.taken < asked.events:
        time.sleep(0.01)
    seconds = time.perf_counter() - start
    running.stop()
    running.wait()
    transport.cleanup()
    assert bus.depth() == 0
    with bus.connection() as connection:
        connection.default_channel.queue_delete(bus.pool)
    pipe.send(asked.events / seconds)


def configuration(bus, batch, database):
    conf = bootstrap.configure(default_config_files=[])
    conf.set_override("exchanges", [bus.exchange], "listener")
    conf.set_override("pool", bus.pool, "listener")
    conf.set_override("batch_size", batch, "listener")
    if database:
        conf.set_override("connection", database, "database")
        schema.sync(conf)
    oslo_messaging.get_notification_transport(conf, url=bus.url)
    conf.set_override("transport_url", bus.url)
    return conf


def stock(conf, transport, endpoint):
    return oslo_messaging.get_batch_notification_listener(
        transport,
        [
            oslo_messaging.Target(exchange=exchange, topic=topic)
            for exchange in conf.listener.exchanges
            for topic in conf.listener.topics
        ],
        [endpoint],
        executor="threading",
        allow_requeue=True,
        pool=conf.listener.pool,
        batch_size=conf.listener.batch_size,
        batch_timeout=conf.listener.batch_timeout,
    )


class NoOp:
    """An endpoint that does nothing."""

    def __init__(self):
        self.taken = 0

    def info(self, messages):
        self.taken += len(messages)

    warn = error = info


class Counting(Dispatcher):
    taken = 0

    def dispatch(self, incoming):
        again = super().dispatch(incoming)
        self.taken += len(incoming) - len(again)
        return again


def real(conf):
    return Counting(bootstrap.services(conf).intake, "north")


def fill(database, count):
    """Store observations of servers that came and went."""
    conf = bootstrap.configure(default_config_files=[])
    conf.set_override("connection", database, "database")
    recorder = bootstrap.services(conf).recorder
    since = datetime(2025, 1, 1, tzinfo=UTC)
    start = time.perf_counter()
    for first in range(0, count, 5000):
        recorder.record(
            stored(number, since) for number in range(first, first + 5000)
        )
    seconds = time.perf_counter() - start
    print(f"stored {count:,} observations in {seconds:.0f} s", flush=True)


def stored(number, since):
    """Ten observations a server: its life, in order."""
    server, step = divmod(number, 10)
    at = since + timedelta(seconds=number)
    return Observation(
        ref=Ref("north", "instance", f"server-{server:08}"),
        at=at,
        reported_at=at,
        received_at=at,
        key=f"stored-{number:09}",
        says="gone" if step == 9 else "alive",
        project_id=f"project-{server % 50}",
        shape={
            "flavor": {"id": "1", "name": "m1", "vcpus": 4, "ram_mb": 8192},
            "state": "active" if step % 2 else "stopped",
        },
        details={"name": f"server-{server}"},
        source="compute.instance.update",
    )


if __name__ == "__main__":
    main()
