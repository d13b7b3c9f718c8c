"""Two listeners on a busy cloud, for long, while its broker and the database
fail now and then: all that is good is in the ledger, each hostile message is
a dead letter, and the listeners do not grow.

CONCERTIM_TEST_SOAK says for how many minutes; ``tools/test --long`` says ten.
The traffic is that of CONCERTIM_TEST_SEED, or of any seed, which is printed.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import gzip
import itertools
import json
import os
import pathlib
import random
import re
import tempfile
import threading
import time
import uuid
from datetime import datetime

import kombu
import pytest
import sqlalchemy as sa

from concertim_api.db.ledger.tables import dead_letters, observations
from tests.integration.conftest import Bus, Installation, needed
from tests.integration.memory import Memory
from tests.integration.site_parts import Services
from tests.integration.traffic import HOSTILE, Traffic
from tests.waiting import PATIENCE, wait_for, wait_for_exit

ROOT = pathlib.Path(__file__).parents[2]
LISTENER = "concertim-listener"

SEED = int(os.environ.get("CONCERTIM_TEST_SEED") or random.randrange(10**6))
SECONDS = 60 * float(os.environ.get("CONCERTIM_TEST_SOAK", 1 / 3))
IS_LONG = SECONDS >= 600

#: Notifications a second.
RATE = 200

#: Which part fails, how, and when, as a share of the time. Each has failed
#: once before the memory is measured: then batches are the largest.
OUTAGES = [
    (0.05, "rabbitmq", "stop"),
    (0.12, "mariadb", "stop"),
    (0.50, "rabbitmq", "kill"),
    (0.70, "mariadb", "kill"),
]
if not IS_LONG:
    OUTAGES = OUTAGES[1:3]

#: Seconds for which it is away.
OUTAGE = 15 if IS_LONG else 2

#: Of ten minutes, the third and the last one.
EARLY, LATE = (0.2, 0.3), (0.9, 1.0)

#: How many times the memory of the one may be that of the other.
GROWTH = 1.1 if IS_LONG else 1.5

#: What was true of each resource: since when, until when, and what.
FACTS = {
    "instance": lambda shape: (shape["state"], shape["flavor"]["vcpus"]),
    "volume": lambda shape: shape["size_gb"],
}


class Publisher:
    """Sends notifications as services do, until the broker has each.

    ``confirmed``: how many it has. ``latest``: the id of the last one that
    tells of a life: it must be stored.
    """

    def __init__(self, bus):
        self._url = bus.url.replace("rabbit://", "amqp://", 1)
        self._exchange = kombu.Exchange(bus.exchange, "topic")
        self._is_over = threading.Event()
        self.confirmed = 0
        self.latest = ""

    @contextlib.contextmanager
    def sends(self, traffic, keep):
        """Send traffic meanwhile, and then what is late of it."""
        notifications = traffic.arrivals(self._goes_on, keep)
        self._began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            self._sending = pool.submit(self._send_all, notifications)
            try:
                yield
            finally:
                self._is_over.set()
            self._sending.result()

    def _goes_on(self):
        return not self._is_over.is_set()

    def _send_all(self, notifications):
        confirming = {"confirm_publish": True}
        with kombu.Connection(
            self._url, transport_options=confirming
        ) as connection:
            producer = connection.Producer(
                exchange=self._exchange, on_return=refuse
            )
            for notification in notifications:
                seconds = time.monotonic() - self._began
                # The pace; nothing is waited for.
                time.sleep(max(self.confirmed / RATE - seconds, 0))
                self._send(producer, notification)

    def _send(self, producer, notification):
        # As oslo.messaging does, which knows by it what comes again.
        unique_id = f', "_unique_id": "{uuid.uuid4().hex}"}}'
        text = notification.text.removesuffix("}") + unique_id
        producer.publish(
            {"oslo.version": "2.0", "oslo.message": text},
            routing_key=f"{notification.topic}.{notification.priority}",
            mandatory=True,
            retry=True,
            retry_policy={"max_retries": PATIENCE, "interval_max": 1},
        )
        self.confirmed += 1
        if notification.source == "life":
            self.latest = notification.message_id

    def await_second(self, second):
        """Wait until it sends for so long. Raises what ended it before."""

        def seconds():
            if self._sending.done():
                self._sending.result()
            return time.monotonic() - self._began

        wait_for(f"second {second}", seconds, second.__le__, seconds=SECONDS)

    def await_next(self):
        """Wait until one more is confirmed that must be stored."""
        before = self.latest
        return wait_for(
            f"another notification than {before} to be confirmed",
            lambda: self.latest,
            lambda latest: latest != before,
        )


def refuse(exception, exchange, routing_key, message):
    """Fail: the broker has no queue for a message."""
    raise exception


class Ledger:
    """What is in the database, now."""

    def __init__(self, url):
        # No pool: a connection of before an outage is of no use.
        self._engine = sa.create_engine(url, poolclass=sa.pool.NullPool)

    def _column(self, column, *conditions):
        with self._engine.connect() as connection:
            return connection.scalars(
                sa.select(column).where(*conditions)
            ).all()

    def counts(self):
        """Return how many observations and how many dead letters."""
        return tuple(
            self._column(sa.func.count(table.c.key))[0]
            for table in (observations, dead_letters)
        )

    def has(self, message_id):
        return bool(
            self._column(observations.c.key, observations.c.key == message_id)
        )

    def publishers(self):
        """Return who sent the dead letters, sorted."""
        return sorted(self._column(dead_letters.c.publisher_id))


@pytest.fixture
def parts():
    for variable in ("CONCERTIM_TEST_MYSQL", "CONCERTIM_TEST_RABBIT"):
        needed(variable)  # then we can have another one
    # Not below pytest's own folder, which is its user's only.
    with tempfile.TemporaryDirectory(prefix="concertim-soak-") as folder:
        services = Services(pathlib.Path(folder), "rabbitmq")
        services.make_database()
        yield services
        services.end()


@pytest.fixture
def bus(parts):
    return Bus(parts.addresses["RABBIT"])


def environment():
    """Return the environment in which systemd starts a listener."""
    text = (ROOT / "etc" / "systemd" / f"{LISTENER}.service").read_text()
    (line,) = re.findall(r"^Environment=(.*)$", text, re.MULTILINE)
    return dict(pair.split("=", 1) for pair in line.split())


@pytest.fixture
def listeners(parts, bus, tmp_path):
    """Two installations that listen, as on two hosts."""
    made = [Installation(tmp_path / name) for name in ("first", "second")]
    for installation in made:
        installation.folder.mkdir()
        installation.configure("DEFAULT", transport_url=bus.url)
        installation.configure("database", connection=parts.database)
        installation.configure(
            "listener", exchanges=bus.exchange, pool=bus.pool
        )
        installation.configure(
            "oslo_messaging_rabbit",
            rabbit_quorum_queue="true",
            amqp_durable_queues="true",
        )
    made[0].run("concertim-manage", "db", "sync")
    for installation in made:
        installation.start(LISTENER, **environment())
    for installation in made:
        installation.await_log(LISTENER, "Listening to")
    yield made
    for installation in made:
        installation.stop_all()


@pytest.mark.timeout(SECONDS + 900)
def test_a_soak(parts, bus, listeners, other, tmp_path, record_property):
    record_property("CONCERTIM_TEST_SEED", SEED)
    traffic, ledger = Traffic(SEED), Ledger(parts.database)
    publisher, path = Publisher(bus), tmp_path / "good.jsonl.gz"
    processes = [p for listener in listeners for p in listener._running]
    with (
        gzip.open(path, "wt", 1) as file,
        Memory(processes) as memory,
        publisher.sends(traffic, file.write),
    ):
        fail(parts, publisher, ledger, record_property)
        publisher.await_second(SECONDS)
        wait_for(
            f"each of {len(HOSTILE)} hostile messages to be sent",
            lambda: len(traffic.publishers),
            len(HOSTILE).__le__,
        )
    record_property("confirmed", publisher.confirmed)
    record_property("good", traffic.good)
    record_property("hostile", len(traffic.publishers))
    bus.await_depth(0)
    check_ledger(ledger, listeners[0].periods, traffic, replayed(path, other))
    check_memory(memory, record_property)
    record_property("not acknowledged", stop(listeners, bus))


def fail(parts, publisher, ledger, record_property):
    """Let each part fail when it is to."""
    for share, part, end in OUTAGES:
        publisher.await_second(share * SECONDS)
        seconds = outage(parts, part, end, publisher, ledger)
        record_property(f"seconds after {end} {part}", f"{seconds:.1f}")


def outage(parts, part, end, publisher, ledger):
    """Take a part away for a while. Return how many seconds after its start
    what is sent then is stored."""
    getattr(parts, end)(part)
    time.sleep(OUTAGE)  # so long it is away; nothing is waited for
    parts.start(part)
    began = time.monotonic()
    message_id = publisher.await_next()
    wait_for(
        f"notification {message_id}, sent after an outage of {part}, to be "
        "stored",
        lambda: ledger.has(message_id),
    )
    return time.monotonic() - began


def stop(listeners, bus):
    """Stop all. Return how many messages were not acknowledged.

    These are some that were delivered again after an outage: oslo.messaging
    drops what it takes for known, and acknowledges nothing. The next
    connection gets them.
    """
    for listener in listeners:
        terminate(listener)
    count = bus.depth()
    listeners[0].start(LISTENER)
    listeners[0].await_log(LISTENER, "Listening to", times=2)
    bus.await_depth(0)
    terminate(listeners[0])
    assert bus.depth() == 0
    return count


def terminate(listener):
    process = listener._running[-1]
    process.terminate()
    assert wait_for_exit(process) == 0


def replayed(path, other):
    """Return the periods that a replay of the notifications gives, and how
    many observations are stored then."""
    other.run("concertim-manage", "replay", path)
    with contextlib.closing(other.store()) as store:
        return other.periods(), Ledger(store.engine.url).counts()


def check_ledger(ledger, periods, traffic, replay):
    """All that is good is there, and what is hostile is a dead letter."""
    expected, (count, letters) = replay
    assert letters == 0
    hostile = sorted(traffic.publishers)
    wait_for(
        f"{count} observations and {len(hostile)} dead letters",
        ledger.counts,
        lambda counts: counts == (count, len(hostile)),
    )
    assert ledger.publishers() == hostile
    dump = periods()
    check_same(dump.splitlines(), expected.splitlines())
    actual = facts(json.loads(dump))
    for life in traffic.lives:
        assert actual[life.id] == life.periods()


def check_same(lines, expected):
    """Show the first difference only: there are very many lines."""
    for line, other in itertools.zip_longest(lines, expected):
        assert line == other


def facts(periods):
    """Return of each server and volume what was true since when and until
    when, as a life has it."""
    result = {}
    for row in periods:
        if row["kind"] in FACTS:
            fact = FACTS[row["kind"]](row["shape"])
            start, end = moment(row["start"]), moment(row["end"])
            rows = result.setdefault(row["resource_id"], [])
            if rows and rows[-1][1:] == (start, fact):
                start = rows.pop()[0]
            rows.append((start, end, fact))
    return result


def moment(text):
    return text and datetime.fromisoformat(text)


def check_memory(memory, record_property):
    """No process has grown, and none was started again."""
    early, late = (
        memory.medians(begin * SECONDS, end * SECONDS)
        for begin, end in (EARLY, LATE)
    )
    for pid, size in early.items():
        record_property(f"kB of {pid}", f"{size:.0f}, then {late[pid]:.0f}")
    assert len({frozenset(sizes) for _, sizes in memory.samples}) == 1
    for pid, size in early.items():
        assert late[pid] <= GROWTH * size, pid
