"""Whoever announces operations hears whether the broker has them.

A fake, RabbitMQ and Kafka keep the same promises.
"""

from __future__ import annotations

import json
import time
import urllib.parse
import uuid
from datetime import UTC, datetime

import confluent_kafka
import pytest
from oslo_config import cfg

from concertim_api.agent import announcer
from concertim_api.db import schema
from concertim_api.db.store import SqlStore
from concertim_api.services.operations.announcements import Announcements
from tests.functional.built import configured
from tests.functional.machine.site import Bus as FakeBus
from tests.integration.conftest import needed
from tests.integration.test_announcements import Ear, operation
from tests.integration.test_listener import Forwarder
from tests.waiting import wait_for

pytestmark = pytest.mark.xdist_group("kafka")

GROUP = "oslo_messaging_notifications"


class Fake:
    """The fake of the tests of any order."""

    def __init__(self):
        self.announcer = FakeBus()

    def cut(self):
        self.announcer.is_away = True

    def restore(self):
        self.announcer.is_away = False

    def hear(self):
        return [(a.message_id, a.event_type) for a in self.announcer]

    def close(self):
        """Nothing is open."""


class Real:
    """A broker behind a way that can be cut."""

    def __init__(self, url):
        self._url = url
        parts = urllib.parse.urlsplit(self._url)
        self._forwarder = Forwarder(parts.hostname, parts.port)
        login, at, _ = parts.netloc.rpartition("@")
        place = f"127.0.0.1:{self._forwarder.port}"
        self._topic = f"announcements-{uuid.uuid4()}"
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[], default_config_dirs=[])
        announcer.check(conf)
        conf.set_override("driver", ["messagingv2"], GROUP)
        conf.set_override("topics", [self._topic], GROUP)
        url = parts._replace(netloc=f"{login}{at}{place}").geturl()
        conf.set_override("transport_url", url, GROUP)
        self.announcer = announcer.build(conf)

    def cut(self):
        self._forwarder.cut()

    def restore(self):
        self._forwarder.up = True


class Rabbit(Real):
    def __init__(self):
        super().__init__(needed("CONCERTIM_TEST_RABBIT"))
        url = self._url.replace("rabbit://", "amqp://", 1)
        self._ear = Ear(url, self._topic)

    def hear(self):
        return [(m["message_id"], m["event_type"]) for m in self._ear.hear()]

    def close(self):
        self._ear.close()


class Kafka(Real):
    def __init__(self, url):
        super().__init__(url)
        self._consumer = confluent_kafka.Consumer(
            {
                "bootstrap.servers": urllib.parse.urlsplit(self._url).netloc,
                "group.id": self._topic,
                "auto.offset.reset": "earliest",
                "topic.metadata.refresh.interval.ms": 500,
                "allow.auto.create.topics": True,
            }
        )
        self._consumer.subscribe([f"{self._topic}.info"])
        self._heard = []

    def hear(self):
        for message in self._consumer.consume(100, 0.5):
            if message.error() is None:
                envelope = json.loads(message.value())
                heard = json.loads(envelope["oslo.message"])
                self._heard.append((heard["message_id"], heard["event_type"]))
        return self._heard

    def close(self):
        self._consumer.close()


@pytest.fixture(params=[Fake, Rabbit, Kafka])
def bus(request):
    arguments = []
    if request.param is Kafka:
        arguments = [request.getfixturevalue("kafka").url]
    bus = request.param(*arguments)
    yield bus
    bus.close()


@pytest.fixture
def log(tmp_path):
    conf = configured(tmp_path)
    schema.sync(conf)
    store = SqlStore(conf)
    yield store.operations
    store.close()


@pytest.fixture
def job(log, bus):
    """The job of the agent, and an operation that is to be announced."""
    log.add(operation(state="done", finished_at=datetime.now(UTC)))
    return Announcements(log, bus.announcer)


EVENTS = ["concertim.rack.suspend.start", "concertim.rack.suspend.end"]


def await_events(bus):
    heard = wait_for(
        "two announcements", bus.hear, lambda heard: len(heard) == 2
    )
    assert [event_type for _, event_type in heard] == EVENTS


def test_what_is_announced_is_there(bus, job, log):
    assert job.run().outcome == "done"
    assert log.unannounced(9) == []
    await_events(bus)


def test_without_a_broker_nothing_counts_as_announced(bus, job, log):
    bus.cut()
    began = time.monotonic()
    outcome = job.run()
    assert time.monotonic() - began < 30
    assert outcome.outcome == "failed"
    assert "the" in outcome.error
    assert len(log.unannounced(9)) == 1
    bus.restore()
    wait_for(
        "the broker to take announcements",
        lambda: job.run().error,
        lambda error: not error,
    )
    assert log.unannounced(9) == []
    await_events(bus)
