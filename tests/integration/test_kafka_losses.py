"""concertim-listener, as a process, on a real Kafka: nothing is lost, nothing
is doubled, and a replay of the same notifications gives the same periods."""

from __future__ import annotations

import json
import os
import random
import signal
import time
import urllib.parse
import urllib.request

import pytest

from concertim_api.services.common.listing import Listing
from tests import samples
from tests.databases import new_database
from tests.integration.conftest import needed
from tests.integration.kafka import IMPATIENT
from tests.integration.test_listener import (
    LISTENER,
    Forwarder,
    handled,
    observations,
)
from tests.programs import free_port
from tests.waiting import wait_for, wait_for_exit

pytestmark = pytest.mark.xdist_group("kafka")

#: How often a listener is killed in its backlog.
KILLS = int(os.environ.get("CONCERTIM_TEST_KILLS", "3"))


@pytest.fixture
def listening(installation, stream):
    """An installation that is ready to listen to the stream."""
    properties = ",".join(f"{n}:{v}" for n, v in IMPATIENT.items())
    installation.configure("DEFAULT", transport_url=stream.kafka.url)
    installation.configure(
        "listener",
        topics=stream.topic,
        pool=stream.pool,
        batch_size=100,
        kafka_properties=properties,
    )
    installation.run("concertim-manage", "db", "sync")
    return installation


def test_what_is_listened_to_is_what_is_replayed(
    listening, stream, other, tmp_path
):
    """All that was recorded, Ironic's notifications among it."""
    messages = list(samples.messages())
    assert any(m["event_type"].startswith("baremetal.") for m in messages)
    random.Random(1).shuffle(messages)
    stream.create(partitions=2)
    stream.send(messages + messages[:200])
    expected, count = handled(samples.messages(), tmp_path, other)
    listening.start(LISTENER)
    stream.await_committed(len(messages) + 200)
    assert observations(listening) == count
    assert listening.periods() == expected
    store = listening.store()
    wait_for(
        "a heartbeat without lag",
        store.heartbeats.heartbeats,
        lambda rows: (
            [(row.waiting, row.problem) for row in rows] == [(0, None)]
        ),
    )
    store.close()


def test_what_never_came_and_what_waits_are_shown(listening, stream):
    port = free_port()
    listening.configure("instrumentation", listener_port=port)
    away = f"mysql+pymysql://nobody@127.0.0.1:{free_port()}/none"
    listening.configure("database", connection=away)
    stream.create()
    stream.send(samples.fresh(7))
    listening.start(LISTENER)
    listening.await_log(LISTENER, "Listening to")
    lag = 'concertim_listener_queue_messages{region="RegionOne"} 7.0'
    page = wait_for("the lag", lambda: _page(port), lambda page: lag in page)
    count = "concertim_listener_notifications_total"
    assert f'{count}{{became="new",region="RegionOne"}} 0.0' in page
    assert 'concertim_listener_broker_up{region="RegionOne"} 1.0' in page


def _page(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return answer.read().decode()


@pytest.mark.timeout(900)
def test_kills_lose_nothing_and_double_nothing(
    listening, stream, other, tmp_path
):
    messages = list(samples.fresh(1000 * KILLS))
    stream.create()
    stream.send(messages)
    expected, count = handled(messages, tmp_path, other)
    rng = random.Random(20)
    mid_work = 0
    for _ in range(KILLS):
        before = observations(listening)
        process = listening.start(LISTENER)
        wait_for(
            f"more than {before} observations",
            lambda: observations(listening),
            before.__lt__,
            every=0.01,
        )
        time.sleep(rng.uniform(0, 0.05))  # for nothing: at any moment
        listening.kill(process)
        mid_work += observations(listening) < count
    assert mid_work == KILLS, "a kill came when there was nothing to lose"
    listening.start(LISTENER)
    stream.await_committed(len(messages))
    assert observations(listening) == count
    assert listening.periods() == expected


def test_sigterm_finishes_the_batch_and_loses_nothing(
    listening, stream, other, tmp_path
):
    messages = list(samples.fresh(1500))
    stream.create()
    stream.send(messages)
    expected, count = handled(messages, tmp_path, other)
    process = listening.start(LISTENER)
    wait_for(
        "the first observations", lambda: observations(listening), every=0.01
    )
    process.send_signal(signal.SIGTERM)
    assert wait_for_exit(process) == 0
    assert 0 < observations(listening) < count
    listening.start(LISTENER)
    stream.await_committed(len(messages))
    assert observations(listening) == count
    assert listening.periods() == expected


BAD = (
    b"\x00\xff no JSON",
    b'{"oslo.version": "2.0", "oslo.message": "{\\"event',
    b"[1]",
    None,
    b"",
    b'{"oslo.version": "2.0", "oslo.message": "null"}',
    b'{"event_type": "volume.create.end", "payload": "text"}',
)


def test_a_bad_message_is_a_dead_letter_alone(listening, stream):
    stream.create()
    good = list(samples.fresh(60))
    bare = samples.first("compute.instance.create.end")
    bare["message_id"] = "of a bridge, without an envelope"
    listening.start(LISTENER)
    for position, bad in enumerate(BAD):
        stream.send([*good[position::7], bad], "info")
    stream.send([json.dumps(bare).encode()])
    stream.await_committed(len(good) + len(BAD) + 1)
    store = listening.store()
    page = store.dead_letters.page(Listing(limit=100))
    assert len(page.rows) == len(BAD) - 1, "a null is a null, and one letter"
    assert bare["message_id"] in _keys(store)
    store.close()


def _keys(store):
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT key FROM observations")
        return {key for (key,) in rows}


def test_two_listeners_come_and_go(listening, stream, other, tmp_path):
    messages = list(samples.fresh(4000))
    expected, count = handled(messages, tmp_path, other)
    stream.create(partitions=4)
    thousands = [messages[n : n + 1000] for n in range(0, 4000, 1000)]
    listening.start(LISTENER)
    stream.send(thousands[0])
    wait_for("the first observations", lambda: observations(listening))
    second = listening.start(LISTENER)
    stream.send(thousands[1])
    listening.await_log(LISTENER, "No longer reading")
    stream.send(thousands[2])
    second.send_signal(signal.SIGTERM)
    assert wait_for_exit(second) == 0
    listening.start(LISTENER)
    stream.send(thousands[3])
    stream.await_committed(len(messages))
    assert observations(listening) == count
    assert listening.periods() == expected


def test_a_database_outage_and_a_stop_in_it(
    listening, stream, other, tmp_path
):
    """Batches are given back meanwhile, and nothing is committed."""
    needed("CONCERTIM_TEST_POSTGRESQL")
    with new_database("postgresql", tmp_path) as url:
        _outage(urllib.parse.urlsplit(url), listening, stream, other, tmp_path)


def _outage(url, listening, stream, other, tmp_path):
    way = Forwarder(url.hostname, url.port)
    login = url.netloc.rpartition("@")[0]
    place = url._replace(netloc=f"{login}@127.0.0.1:{way.port}").geturl()
    listening.configure("database", connection=place)
    listening.configure("listener", outage_wait=0.2, outage_wait_max=2)
    listening.run("concertim-manage", "db", "sync")
    stream.create()
    messages = list(samples.fresh(1000))
    expected, count = handled(messages, tmp_path, other)
    process = listening.start(LISTENER)
    stream.send(messages[:200])
    stream.await_committed(200)
    way.cut()
    stream.send(messages[200:])
    listening.await_log(LISTENER, "go back to the broker")
    process.send_signal(signal.SIGTERM)
    assert wait_for_exit(process) == 0
    assert sum(stream.committed().values()) == 200
    listening.start(LISTENER)
    listening.await_log(LISTENER, "go back to the broker", times=3)
    way.up = True
    stream.await_committed(len(messages))
    assert observations(listening) == count
    assert listening.periods() == expected
    assert "The consumer of Kafka failed" not in listening.log(LISTENER)
    listening.stop_all()


def test_a_password_that_kafka_refuses(listening, stream):
    """A line for each try, and nothing dies of it."""
    url = stream.kafka.secure_url.replace("secret", "hush")
    listening.configure("DEFAULT", transport_url=url)
    listening.configure(
        "oslo_messaging_kafka",
        security_protocol="SASL_SSL",
        ssl_cafile=stream.kafka.ca,
    )
    process = listening.start(LISTENER)
    place = f"{stream.kafka.secure_place} (transport_url)"
    complaint = f"Kafka refuses the user ironic at {place}: "
    listening.await_log(LISTENER, complaint, times=3)
    assert process.poll() is None
    log = listening.log(LISTENER)
    assert "Traceback" not in log
    assert "hush" not in log
    store = listening.store()
    wait_for(
        "a heartbeat that names it",
        store.heartbeats.heartbeats,
        lambda rows: any(complaint in (row.problem or "") for row in rows),
    )
    store.close()
    status = listening.run("concertim-status", "upgrade", "check", check=False)
    text = " ".join(status.stdout.replace("|", " ").split())
    assert complaint in text


def test_an_address_without_a_port_is_refused_at_start(listening):
    listening.configure("DEFAULT", transport_url="kafka://127.0.0.1/")
    done = listening.run(LISTENER, check=False)
    assert done.returncode == 1
    assert "transport_url: name each host of Kafka with its" in done.stderr
    assert "Traceback" not in done.stderr
