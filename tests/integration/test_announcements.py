"""Operations are announced on a real RabbitMQ, by an agent as a process."""

from __future__ import annotations

import json
import urllib.parse
import uuid
from datetime import UTC, datetime

import kombu
import pytest

from concertim_api.domain.operations import Operation
from tests.integration.conftest import needed
from tests.integration.test_listener import Forwarder
from tests.waiting import wait_for

AGENT = "concertim-agent"


class Ear:
    """Hears what is said on an exchange."""

    def __init__(self, url, topic):
        self._connection = kombu.Connection(url)
        exchange = kombu.Exchange("concertim", "topic", durable=False)
        self._queues = [
            kombu.Queue(
                f"ear-{uuid.uuid4()}",
                exchange,
                routing_key=f"{topic}.{priority}",
                durable=False,
                auto_delete=True,
                channel=self._connection.default_channel,
            )
            for priority in ("info", "error")
        ]
        for queue in self._queues:
            queue.declare()
        self.heard = []

    def hear(self):
        for queue in self._queues:
            while (message := queue.get(no_ack=True)) is not None:
                body = json.loads(message.body)
                assert body["oslo.version"] == "2.0"
                self.heard.append(json.loads(body["oslo.message"]))
        return self.heard

    def await_words(self, number):
        """Wait until so many notifications were heard."""
        wait_for(
            f"{number} notifications of operations",
            self.hear,
            lambda heard: len(heard) == number,
        )

    def close(self):
        self._connection.release()


@pytest.fixture
def topic():
    return f"operations-{uuid.uuid4()}"


@pytest.fixture
def ear(topic):
    url = needed("CONCERTIM_TEST_RABBIT").replace("rabbit://", "amqp://", 1)
    made = Ear(url, topic)
    yield made
    made.close()


@pytest.fixture
def announcing(installation, topic):
    def start(url):
        installation.configure(
            "oslo_messaging_notifications",
            driver="messagingv2",
            topics=topic,
            transport_url=url,
        )
        installation.run("concertim-manage", "db", "sync")
        installation.start(AGENT)
        return installation.store().operations

    return start


def operation(**more):
    return Operation(
        id=str(uuid.uuid4()),
        noun="rack",
        action="suspend",
        region="RegionOne",
        kind="stack",
        resource_id="s-1",
        project_id="p-1",
        user_id="u-1",
        arguments={},
        asked_at=datetime.now(UTC),
        **more,
    )


def test_the_start_and_the_end_are_told(announcing, ear):
    log = announcing(needed("CONCERTIM_TEST_RABBIT"))
    done = operation(state="done", finished_at=datetime.now(UTC))
    refused = operation(state="failed", error="Heat says no")
    log.add(done)
    log.add(refused)
    ear.await_words(4)
    told = {
        (said["payload"]["operation_id"], said["event_type"], said["priority"])
        for said in ear.heard
    }
    assert told == {
        (done.id, "concertim.rack.suspend.start", "INFO"),
        (done.id, "concertim.rack.suspend.end", "INFO"),
        (refused.id, "concertim.rack.suspend.start", "INFO"),
        (refused.id, "concertim.rack.suspend.error", "ERROR"),
    }
    assert {said["publisher_id"].partition(".")[0] for said in ear.heard} == {
        "concertim"
    }


def test_what_happens_while_the_bus_is_away_is_told_later(
    announcing, ear, installation
):
    url = urllib.parse.urlsplit(needed("CONCERTIM_TEST_RABBIT"))
    forwarder = Forwarder(url.hostname, url.port)
    forwarder.cut()
    login = url.netloc.rpartition("@")[0]
    log = announcing(f"rabbit://{login}@127.0.0.1:{forwarder.port}{url.path}")
    done = operation(state="done", finished_at=datetime.now(UTC))
    log.add(done)
    installation.await_log(AGENT, "Operations are not announced")
    assert ear.hear() == []
    forwarder.up = True
    ear.await_words(2)
    wait_for(
        "no operation to be left that is not announced",
        lambda: log.unannounced(10),
        lambda rows: not rows,
    )
    assert url.password not in installation.log(AGENT)
