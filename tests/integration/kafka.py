"""A Kafka of the tests' own, and topics of each test's own."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shlex
import signal
import subprocess
import uuid

import confluent_kafka
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.programs import needed
from tests.waiting import wait_for

SERVICES = pathlib.Path(__file__).parents[2] / "tools" / "services.sh"

PRIORITIES = ("info", "warn", "error")

#: What makes the group notice sooner what it would notice anyhow.
IMPATIENT = {
    "session.timeout.ms": 3000,
    "heartbeat.interval.ms": 500,
    "max.poll.interval.ms": 3000,
    "reconnect.backoff.max.ms": 1000,
}


class Kafka:
    """A broker, which a test may stop or kill.

    ``url``: for anybody; ``secure_url``: with TLS and a password, and ``ca``
    knows its certificate.
    """

    def __init__(self, folder):
        needed("java")
        needed("mvn")
        self._folder = folder
        self._run("start", "kafka")
        words = shlex.split((folder / "env").read_text())
        values = dict(word.split("=", 1) for word in words if "=" in word)
        self.url = values["CONCERTIM_TEST_KAFKA"]
        self.secure_url = values["CONCERTIM_TEST_KAFKA_SASL"]
        self.ca = values["CONCERTIM_TEST_KAFKA_CA"]

    @property
    def place(self):
        return self.url.removeprefix("kafka://").rstrip("/")

    @property
    def secure_place(self):
        return self.secure_url.rpartition("@")[2].rstrip("/")

    def _run(self, command, *names):
        subprocess.run([SERVICES, command, self._folder, *names], check=True)

    def kill(self):
        """As the power failing."""
        pid = int((self._folder / "pid" / "kafka").read_text())
        os.killpg(pid, signal.SIGKILL)

    def restart(self):
        self._run("restart", "kafka")

    def end(self):
        self._run("stop")

    def admin(self):
        return AdminClient({"bootstrap.servers": self.place})


def value(message):
    """Return a notification as oslo.messaging puts it on the wire."""
    inner = {k: v for k, v in message.items() if "context" not in k}
    inner["_context"] = {"auth_token": "secret"}
    document = {"oslo.version": "2.0", "oslo.message": json.dumps(inner)}
    return json.dumps(document).encode()


class Stream:
    """A topic of a test with its priorities, and a group that reads it."""

    def __init__(self, kafka):
        self.kafka = kafka
        self.topic = f"t{uuid.uuid4().hex[:8]}"
        self.pool = f"p{uuid.uuid4().hex[:8]}"
        self._admin = kafka.admin()
        self._producer = confluent_kafka.Producer(
            {"bootstrap.servers": kafka.place}
        )

    def create(self, *priorities, partitions=1):
        topics = [
            NewTopic(f"{self.topic}.{name}", partitions, 1)
            for name in priorities or PRIORITIES
        ]
        for future in self._admin.create_topics(topics).values():
            future.result(30)

    def send(self, messages, priority=None, **more):
        """Send notifications, or bytes as they are, to their topics."""
        for message in messages:
            is_raw = not isinstance(message, dict)
            name = priority or (
                "info" if is_raw else message.get("priority", "info").lower()
            )
            self._produce(
                f"{self.topic}.{name}",
                message if is_raw else value(message),
                **more,
            )
        assert self._producer.flush(60) == 0

    def _produce(self, topic, content, **more):
        while True:
            with contextlib.suppress(BufferError):
                self._producer.produce(topic, content, **more)
                return
            self._producer.poll(0.5)

    def committed(self):
        """Return what the group has committed, by priority and partition."""
        return wait_for(
            f"the coordinator of the group {self.pool}",
            self._committed,
            lambda offsets: offsets is not None,
        )

    def _committed(self):
        """Return what is committed; None: nobody can say it now."""
        properties = {
            "bootstrap.servers": self.kafka.place,
            "group.id": self.pool,
        }
        with contextlib.closing(Consumer(properties)) as group:
            try:
                topics = group.list_topics(timeout=5).topics
                places = [
                    TopicPartition(name, number)
                    for name in topics
                    if name.startswith(f"{self.topic}.")
                    for number in topics[name].partitions
                ]
                answer = group.committed(places, timeout=5)
            except KafkaException:
                return None
        return {
            (each.topic.removeprefix(f"{self.topic}."), each.partition): (
                each.offset
            )
            for each in answer
            if each.offset >= 0
        }

    def await_committed(self, count):
        """Wait until so many messages are committed."""
        return wait_for(
            f"{count} messages of {self.topic} to be committed",
            self.committed,
            lambda offsets: sum(offsets.values()) == count,
        )
