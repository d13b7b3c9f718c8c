"""Notifications that a broker of Kafka has, once they are sent."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

#: Seconds until the brokers must have a message.
DEADLINE = 10.0


class KafkaSender:
    """Sends notifications as oslo.messaging's driver does, and waits for the
    report of each.

    The driver drops the report. ``properties``: those of librdkafka.
    ``deadline``: in seconds. It connects when there is something to send.
    """

    def __init__(
        self,
        properties: Mapping[str, Any],
        vhost: str | None,
        deadline: float = DEADLINE,
    ) -> None:
        self._properties = dict(properties)
        self._suffix = f".{vhost}" if vhost else ""
        self._deadline = deadline

    @functools.cached_property
    def _producer(self) -> Producer:
        return Producer(
            {
                **self._properties,
                "acks": "all",
                "linger.ms": 0,
                "message.timeout.ms": int(self._deadline * 1000),
                "reconnect.backoff.max.ms": 1000,
                # What it reports is raised; its log would fill stderr.
                "log_level": 2,
            }
        )

    def send(
        self, topic: str, message: Mapping[str, Any], version: float
    ) -> None:
        """Return when the brokers have a message, each copy of it.

        ``version``: there is one format only. Raises KafkaException if they
        do not have it at the deadline. Raises TypeError or ValueError of what
        is no JSON.
        """
        errors: list[KafkaError | None] = []

        def report(error: KafkaError | None, _: Message) -> None:
            errors.append(error)

        self._producer.produce(
            topic + self._suffix, _envelope(message), on_delivery=report
        )
        # The library reports at the deadline.
        self._producer.flush(2 * self._deadline)
        if not errors:
            raise TimeoutError
        if errors[0] is not None:
            raise KafkaException(errors[0])


def _envelope(message: Mapping[str, Any]) -> bytes:
    """Return the form on the wire of oslo.messaging's driver of Kafka."""
    content = json.dumps({**message, "_context": {}})
    envelope = {"oslo.version": "2.0", "oslo.message": content}
    return json.dumps(envelope).encode()
