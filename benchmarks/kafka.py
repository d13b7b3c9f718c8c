"""Kafka -> commit -> offset: notifications per CPU second of one process.

The peer: a bare consumer of confluent-kafka. It hands batches of the same size
to the same intake, in the same run, in turn: the same statements, without a
second thread, pauses, or the bookkeeping of partitions. CPU seconds are those
of the whole process (librdkafka's threads too), from its first poll to its
last offset. The figures are medians of the runs.

Needs Java and Maven, and starts a Kafka of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from confluent_kafka import Consumer

from benchmarks.ingest import Counting
from concertim_api import bootstrap
from concertim_api.db import schema
from concertim_api.listener import kafka_settings, service
from concertim_api.listener.decoding import decode
from concertim_api.messaging import oslo_messaging
from tests import samples
from tests.databases import at_hand, new_database
from tests.integration.kafka import Kafka, Stream


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--backends", nargs="*", default=at_hand())
    parser.add_argument("--drain", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.drain:
        print(drained(options.events, options.batch, *options.drain))
        return
    with tempfile.TemporaryDirectory() as folder:
        kafka = Kafka(pathlib.Path(folder))
        with contextlib.ExitStack() as stack:
            stack.callback(kafka.end)
            for backend in options.backends:
                compare(options, kafka, backend)


def compare(options, kafka, backend):
    """Drain in turn; print the medians."""
    rates = {"bare": [], "listener": []}
    for run in range(options.runs):
        stream = Stream(kafka)
        stream.create("info")
        seed = int(time.time() * 1000 + run) & 0xFFF
        stream.send(samples.fresh(options.events, seed), "info")
        for name in sorted(rates, reverse=run % 2):
            rates[name].append(_apart(options, stream, backend, name))
    ratio = statistics.median(
        mine / bare
        for mine, bare in zip(rates["listener"], rates["bare"], strict=True)
    )
    print(
        f"{backend:12} {statistics.median(rates['listener']):7.0f} events/CPU "
        f"s, bare {statistics.median(rates['bare']):7.0f}, ratio {ratio:.2f}",
        flush=True,
    )


def _apart(options, stream, backend, name):
    """Drain in a process of its own; return events per CPU second."""
    with (
        tempfile.TemporaryDirectory() as folder,
        new_database(backend, folder) as database,
    ):
        words = [name, database, stream.kafka.url, stream.topic, name]
        done = subprocess.run(
            [
                *(sys.executable, "-m", "benchmarks.kafka"),
                *("--events", str(options.events)),
                *("--batch", str(options.batch)),
                *("--drain", *words),
            ],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    return options.events / json.loads(done.stdout)


def drained(events, batch, name, database, url, topic, pool):
    """Return the CPU seconds of draining a topic."""
    conf = bootstrap.configure(default_config_files=[])
    conf.set_override("connection", database, "database")
    schema.sync(conf)
    values = {"transport": [f"north={url}"], "topics": [topic], "pool": pool}
    for option, value in (values | {"batch_size": batch}).items():
        conf.set_override(option, value, "listener")
    list(service.places(conf))
    dispatcher = Counting(bootstrap.services(conf).intake, "north")
    begin = time.process_time()
    {"bare": bare, "listener": listener}[name](conf, url, dispatcher, events)
    return time.process_time() - begin


def listener(conf, url, dispatcher, events):
    server = service.running_server(conf, url, dispatcher)
    while dispatcher.taken < events:
        time.sleep(0.05)
    server.stop()
    server.wait()


def bare(conf, url, dispatcher, events):
    bus = oslo_messaging.TransportURL.parse(conf, url)
    (topics,) = kafka_settings.topics(conf, bus).values()
    consumer = Consumer(kafka_settings.consumer(conf, bus))
    consumer.subscribe(topics)
    while dispatcher.taken < events:
        messages = consumer.consume(conf.listener.batch_size, 0.2)
        messages = [each for each in messages if not each.error()]
        if messages:
            dispatcher.dispatch([Bare(each) for each in messages])
            consumer.commit(message=messages[-1], asynchronous=False)
    consumer.close()


class Bare:
    """A message, and nothing else."""

    def __init__(self, message):
        self.message = decode(message.value())


if __name__ == "__main__":
    main()
