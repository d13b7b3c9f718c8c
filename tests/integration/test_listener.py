"""concertim-listener, as a process, on a real RabbitMQ."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import signal
import socket
import threading
import time
import urllib.parse

import kombu
import pytest

from concertim_api import bootstrap
from concertim_api.services.common.listing import Listing
from tests import samples
from tests.databases import SERVERS, new_database
from tests.integration.conftest import needed
from tests.waiting import wait_for, wait_for_exit

LISTENER = "concertim-listener"


@pytest.fixture
def listening(installation, bus):
    """An installation that is ready to listen to the bus."""
    installation.configure("DEFAULT", transport_url=bus.url)
    installation.configure(
        "listener", exchanges=bus.exchange, pool=bus.pool, batch_size=100
    )
    installation.run("concertim-manage", "db", "sync")
    bus.declare_pool()
    return installation


def recorded(path, messages):
    with gzip.open(path, "wt", compresslevel=1) as file:
        for message in messages:
            file.write(json.dumps({"message": message}) + "\n")
    return path


def observations(installation):
    store = installation.store()
    try:
        with store.engine.connect() as connection:
            return connection.exec_driver_sql(
                "SELECT count(*) FROM observations"
            ).scalar()
    finally:
        store.close()


def await_observations(installation, count):
    """Wait until so many are stored."""
    wait_for(
        f"{count} observations to be stored",
        lambda: observations(installation),
        lambda stored: stored == count,
    )


def handled(messages, tmp_path, other):
    """What replaying the same notifications gives: the dump of periods."""
    path = recorded(tmp_path / "sent.jsonl.gz", messages)
    other.run("concertim-manage", "replay", path)
    return other.periods(), observations(other)


def test_what_is_listened_to_is_what_is_replayed(
    listening, bus, other, tmp_path
):
    messages = list(samples.messages())
    random.Random(1).shuffle(messages)
    bus.publish(messages + messages[:200])
    expected, count = handled(samples.messages(), tmp_path, other)
    listening.start(LISTENER)
    await_observations(listening, count)
    bus.await_depth(0)
    assert listening.periods() == expected


def test_both_topics_and_priorities_arrive(listening, bus):
    listening.start(LISTENER)
    listening.await_log(LISTENER, "Listening to")
    bus.publish([samples.first("compute.instance.create.end")])
    bus.publish(
        [samples.first("instance.create.end")],
        topic="versioned_notifications",
    )
    bus.publish([samples.first("orchestration.stack.create.error")])
    await_observations(listening, 3)


def test_sigterm_finishes_the_batch_and_loses_nothing(
    listening, bus, other, tmp_path
):
    messages = list(samples.fresh(4000))
    bus.publish(messages)
    expected, count = handled(messages, tmp_path, other)
    process = listening.start(LISTENER)
    wait_for(
        "the first observations",
        lambda: observations(listening),
        every=0.01,
    )
    process.send_signal(signal.SIGTERM)
    assert wait_for_exit(process) == 0
    assert "Stopped listening" in listening.log(LISTENER)
    store = listening.store()
    (beat,) = store.heartbeats.heartbeats()
    store.close()
    assert beat.ended_at is not None
    assert 0 < observations(listening) < count
    listening.start(LISTENER)
    await_observations(listening, count)
    assert listening.periods() == expected


@pytest.mark.timeout(900)
def test_twenty_kills_lose_nothing_and_double_nothing(
    listening, bus, other, tmp_path
):
    messages = list(samples.fresh(20_000))
    bus.publish(messages)
    expected, count = handled(messages, tmp_path, other)
    rng = random.Random(20)
    kills = mid_work = 0
    while kills < 20:
        before = observations(listening)
        process = listening.start(LISTENER)
        # Somewhere in its first batches, or before the first of them.
        wait_for(
            f"more than {before} observations, or an empty queue",
            lambda: (observations(listening), bus.depth()),
            lambda counts, before=before: counts[0] > before or not counts[1],
        )
        time.sleep(rng.uniform(0, 0.15))  # for nothing: at any moment
        listening.kill(process)
        kills += 1
        mid_work += before < observations(listening) < count
    assert mid_work >= 10, "the kills came when there was nothing to lose"
    listening.start(LISTENER)
    await_observations(listening, count)
    bus.await_depth(0)
    assert listening.periods() == expected


class Forwarder:
    """A way to a server that can be cut: the server is down, to one user."""

    def __init__(self, host, port):
        self._target = (host, port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._open = []
        self.refused = 0
        self.up = True
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self._server.accept()
            if not self.up:
                client.close()
                self.refused += 1
                continue
            server = socket.create_connection(self._target)
            self._open += [client, server]
            if not self.up:  # cut while we were connecting
                self._end(client, server)
                continue
            for pair in ((client, server), (server, client)):
                threading.Thread(
                    target=self._copy, args=pair, daemon=True
                ).start()

    def _copy(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        self._end(source, sink)

    def await_refusals(self, number):
        """Wait until so many more have tried in vain."""
        goal = self.refused + number
        wait_for(
            f"{goal} connections to be refused",
            lambda: self.refused,
            goal.__le__,
        )

    def cut(self):
        self.up = False
        self._end(*self._open)
        self._open.clear()

    def _end(self, *ends):
        # A close alone tells the other side nothing while another thread
        # still waits to receive.
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.mark.parametrize("backend", ["mariadb", "postgresql"])
def test_a_database_outage_is_waited_for(
    listening, bus, other, tmp_path, backend
):
    needed(SERVERS[backend])
    with new_database(backend, tmp_path) as url:
        _outage(urllib.parse.urlsplit(url), listening, bus, other, tmp_path)


def _outage(url, listening, bus, other, tmp_path):
    way = Forwarder(url.hostname, url.port)
    login = url.netloc.rpartition("@")[0]
    listening.configure(
        "database",
        connection=url._replace(
            netloc=f"{login}@127.0.0.1:{way.port}"
        ).geturl(),
    )
    listening.configure("listener", outage_wait=0.2, outage_wait_max=1)
    listening.run("concertim-manage", "db", "sync")
    messages = list(samples.fresh(6000))
    bus.publish(messages)
    expected, count = handled(messages, tmp_path, other)
    process = listening.start(LISTENER)
    wait_for(
        "more than 100 observations",
        lambda: observations(listening),
        lambda stored: stored > 100,
    )
    way.cut()
    listening.await_log(LISTENER, "go back to the broker")
    # Nothing is waited for: in two seconds it tries twice or thrice, and
    # not all the time.
    time.sleep(2)
    count_of_tries = listening.log(LISTENER).count("go back to the broker")
    assert count_of_tries < 20, "a hot loop"
    assert process.poll() is None
    way.up = True
    await_observations(listening, count)
    assert listening.periods() == expected
    assert f"{url.password}@" not in listening.log(LISTENER)
    listening.stop_all()


def test_two_regions_at_once(listening, bus):
    listening.configure(
        "listener",
        transport=[f"north={bus.url}", f"south={bus.url}"],
    )
    listening.start(LISTENER)
    bus.publish(samples.fresh(3000))
    store = listening.store()
    wait_for(
        "the regions north and south",
        lambda: {region["name"] for region in store.ledger.regions()},
        lambda names: names == {"north", "south"},
    )
    bus.await_depth(0)
    store.close()


def test_other_consumers_get_everything_too(listening, bus):
    bus.declare_pool("another")
    process = listening.start(LISTENER)
    listening.await_log(LISTENER, "Listening to")
    bus.publish(samples.fresh(100))
    bus.await_depth(100, "another")
    bus.await_depth(0)
    bus.await_depth(100, "another")
    process.terminate()
    with bus.connection() as connection:
        connection.default_channel.queue_delete("another")


@pytest.mark.parametrize(
    ("durable", "quorum"), [(True, "false"), (False, "true")]
)
def test_an_exchange_of_the_other_kind_is_named_at_start(
    installation, bus, durable, quorum
):
    with bus.connection() as connection:
        kombu.Exchange(
            bus.exchange,
            "topic",
            durable=durable,
            channel=connection.default_channel,
        ).declare()
    installation.configure("DEFAULT", transport_url=bus.url)
    installation.configure("listener", exchanges=bus.exchange, pool=bus.pool)
    installation.configure("oslo_messaging_rabbit", rabbit_quorum_queue=quorum)
    installation.run("concertim-manage", "db", "sync")
    done = installation.run(LISTENER, check=False)
    assert done.returncode == 1
    assert f"exchange {bus.exchange!r} exists in another way" in done.stderr
    assert "rabbit_quorum_queue" in done.stderr
    assert "Traceback" not in done.stderr
    status = installation.run(
        "concertim-status", "upgrade", "check", check=False
    )
    assert status.returncode == 2
    told = " ".join(status.stdout.replace("|", " ").split())
    assert "exists in another way" in told


def test_rules_decide_the_regions_of_one_bus(listening, bus):
    """What is refused waits for a rule, and is replayed by the API's code."""
    rule = r"publisher (?P<region>\w+)-\d+"
    listening.configure("listener", region_rules=[rule, "refuse"])
    messages = []
    for number, host in enumerate(["north-1", "south-1", "alone"]):
        message = samples.first("volume.create.end")
        message["message_id"] = f"m-{number}"
        message["publisher_id"] = f"volume.{host}@lvm"
        message["payload"]["volume_id"] = f"v-{number}"
        messages.append(message)
    bus.publish(messages)
    listening.start(LISTENER)
    store = listening.store()
    wait_for("a dead letter", lambda: store.dead_letters.count(9))
    await_observations(listening, 2)
    rows = store.histories.observations(Listing()).rows
    assert {(row.ref.region, row.region_rule) for row in rows} == {
        ("north", rule),
        ("south", rule),
    }
    (letter,) = store.dead_letters.page(Listing()).rows
    assert (letter.region, letter.origin["vhost"]) == ("", "")
    store.close()
    listening.configure("listener", region_rules=[rule, "default rest"])
    services = bootstrap.services(
        bootstrap.configure(["--config-file", str(listening.conf)])
    )
    assert services.dead_letters.replay(letter.id).outcome == "recorded"
    assert {row["name"] for row in services.store.ledger.regions()} == {
        *("north", "south", "rest")
    }
    services.store.close()


@pytest.mark.parametrize(
    ("transport", "complaint"),
    [
        ("rabbit://guest:hush@127.0.0.1/", "give it as REGION=URL"),
        (["a=rabbit://guest:hush@h/", "a=rabbit://h/"], "is there twice"),
    ],
)
def test_a_transport_that_is_none_is_refused(
    installation, transport, complaint
):
    installation.configure("listener", transport=transport)
    done = installation.run(LISTENER, check=False)
    assert done.returncode == 1
    assert "[listener] transport" in done.stderr
    assert complaint in done.stderr
    assert "hush" not in done.stderr


def test_a_password_that_the_broker_refuses(listening, bus):
    """A line for each try, and nothing dies of it."""
    address = urllib.parse.urlsplit(bus.url)
    place = f"{address.hostname}:{address.port}/"
    listening.configure(
        "DEFAULT", transport_url=f"rabbit://guest:hush@{place}"
    )
    process = listening.start(LISTENER)
    says = f"RabbitMQ refuses the user guest at {place} (transport_url)"
    listening.await_log(LISTENER, f"{says}; trying again in", times=3)
    assert process.poll() is None
    log = listening.log(LISTENER)
    assert "Traceback" not in log
    assert "hush" not in log
    assert "Forking too fast" not in log
    store = listening.store()
    wait_for(
        "a heartbeat that names it",
        store.heartbeats.heartbeats,
        lambda rows: [row.problem for row in rows] == [says],
    )
    store.close()
    status = listening.run("concertim-status", "upgrade", "check", check=False)
    assert says in " ".join(status.stdout.replace("|", " ").split())


def test_what_waits_is_reported(listening, bus):
    bus.publish(samples.fresh(7))
    listening.configure("listener", batch_size=1, batch_timeout=0.01)
    listening.start(LISTENER)
    bus.await_depth(0)
    store = listening.store()
    wait_for(
        "a heartbeat with a batch",
        store.heartbeats.heartbeats,
        lambda rows: (
            [row.waiting for row in rows] == [0]
            and rows[0].stored_at is not None
        ),
    )
    store.close()


def test_nothing_is_monkey_patched(listening, bus):
    listening.start(LISTENER)
    listening.await_log(LISTENER, "Listening to")
    import eventlet.patcher
    from oslo_service import backend

    import concertim_api.cmd.listener  # noqa: F401

    assert backend.get_backend_type() is backend.BackendType.THREADING
    assert not eventlet.patcher.is_monkey_patched("thread")
    assert "Eventlet" not in listening.log(LISTENER)
