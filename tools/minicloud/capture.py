"""Record every notification of every service: capture.py DIRECTORY.

One file per exchange, one line per message: when it came, from where, with
which properties and headers, the envelope exactly as on the wire, and the
message that it holds. The queues are our own, so nobody else misses
anything.
"""

import datetime
import json
import os
import pathlib
import sys

import kombu

URL = os.environ.get("TRANSPORT_URL", "amqp://guest:guest@127.0.0.1:5672//")
EXCHANGES = (
    "cloudkitty",
    "glance",
    "gnocchi",
    "heat",
    "ironic",
    "keystone",
    "neutron",
    "nova",
    "openstack",
    "placement",
)
TOPICS = (
    "notifications.#",
    "versioned_notifications.#",
    "ironic_versioned_notifications.#",
)


class Recorder:
    def __init__(self, directory):
        self._directory = pathlib.Path(directory)
        self._directory.mkdir(parents=True, exist_ok=True)
        self._files = {}

    def __call__(self, body, message):
        """Write one message down, then acknowledge it."""
        line = json.dumps(self._record(body, message), default=str)
        self._file(message.delivery_info["exchange"]).write(line + "\n")
        message.ack()

    def _file(self, exchange):
        if exchange not in self._files:
            path = self._directory / f"{exchange}.jsonl"
            self._files[exchange] = path.open("a", buffering=1)
        return self._files[exchange]

    def _record(self, body, message):
        if isinstance(body, str | bytes):
            body = json.loads(body)
        properties = dict(message.properties)
        properties.pop("application_headers", None)
        record = {
            "received_at": datetime.datetime.now(datetime.UTC).isoformat(),
            "exchange": message.delivery_info["exchange"],
            "routing_key": message.delivery_info["routing_key"],
            "properties": properties,
            "headers": message.headers,
            "envelope": body,
        }
        if isinstance(body, dict) and "oslo.message" in body:
            record["message"] = json.loads(body["oslo.message"])
        return record


def queue(channel, name):
    """Return a queue of ours that gets a copy of all that is published."""
    exchange = kombu.Exchange(name, type="topic", durable=False)
    exchange(channel).declare()
    return kombu.Queue(
        f"capture.{name}",
        exchange=exchange,
        bindings=[kombu.binding(exchange, topic) for topic in TOPICS],
        durable=False,
        auto_delete=True,
    )


def main():
    recorder = Recorder(sys.argv[1])
    with kombu.Connection(URL.replace("rabbit://", "amqp://")) as connection:
        channel = connection.channel()
        queues = [queue(channel, name) for name in EXCHANGES]
        with kombu.Consumer(
            channel,
            queues,
            callbacks=[recorder],
            accept=["json", "text/plain"],
            prefetch_count=200,
        ):
            print("recording", flush=True)
            while True:
                try:
                    connection.drain_events(timeout=5)
                except TimeoutError:
                    continue


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    main()
