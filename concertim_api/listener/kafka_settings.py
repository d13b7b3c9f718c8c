"""What our options and a transport URL mean to a client of Kafka."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from time import monotonic
from typing import Any

from oslo_config import cfg

from concertim_api.domain.errors import Invalid
from concertim_api.listener.intake import Dispatcher
from concertim_api.messaging import opts, oslo_messaging

#: The name of its transport in a URL.
NAME = "kafka"

_GROUP = "oslo_messaging_kafka"

#: librdkafka's property -> the option of oslo.messaging.
_TLS = {
    "ssl.ca.location": "ssl_cafile",
    "ssl.certificate.location": "ssl_client_cert_file",
    "ssl.key.location": "ssl_client_key_file",
    "ssl.key.password": "ssl_client_key_password",
}

#: What [listener] kafka_properties may change. A dead member is missed after
#: ten seconds, a new topic is seen after five, and no more than 16 MiB are
#: fetched ahead.
_DEFAULTS = {
    "session.timeout.ms": 10_000,
    "topic.metadata.refresh.interval.ms": 5_000,
    "queued.max.messages.kbytes": 16_384,
    "log.connection.close": False,
}

#: What nothing may change: an offset is committed by us, after the commit of
#: the database, and a group without an offset begins with what is there.
_PROMISES = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "earliest",
}


def check(
    conf: cfg.ConfigOpts, bus: oslo_messaging.TransportURL, option: str
) -> None:
    """Raise Invalid, naming the option, unless a client can be made.

    Connects to nothing. ``option`` has the URL of the bus. This registers the
    options of [oslo_messaging_kafka].
    """
    conf.register_opts(dict(opts.list_opts())[_GROUP], group=_GROUP)
    try:
        import confluent_kafka  # noqa: F401
    except ImportError as exc:
        raise Invalid(
            option,
            f"kafka:// needs a library ({exc}): "
            "pip install 'concertim-api[kafka]'",
        ) from None
    if not bus.hosts or not all(h.hostname and h.port for h in bus.hosts):
        raise Invalid(
            option,
            "name each host of Kafka with its port, as in "
            "kafka://one.example.org:9092,two.example.org:9092/",
        )
    for topic in conf.listener.topics:
        try:
            re.compile(topic if is_pattern(topic) else "")
        except re.error as exc:
            raise Invalid("[listener] topics", f"{topic}: {exc}") from None


def doubts(
    conf: cfg.ConfigOpts, buses: Iterable[oslo_messaging.TransportURL]
) -> list[str]:
    """Return a sentence about each option that loses, or is of no use."""
    losses = []
    if conf.listener.oslo_kafka_driver:
        losses.append(
            "[listener] oslo_kafka_driver: what is fetched and not yet stored "
            "when the listener ends is lost"
        )
    for bus in buses:
        options = {**conf[_GROUP], **bus.query}
        has_user = bus.transport == NAME and bus.hosts[0].username
        if has_user and not options["security_protocol"].startswith("SASL"):
            losses.append(
                f"[{_GROUP}] security_protocol is "
                f"{options['security_protocol']}: the user in the URL of "
                f"{places(bus)} is not used"
            )
    return losses


def is_pattern(topic: str) -> bool:
    return topic.startswith("^")


def topics(
    conf: cfg.ConfigOpts, bus: oslo_messaging.TransportURL
) -> dict[str, list[str]]:
    """Return what is read of each entry of [listener] topics.

    These are the names that the notifiers of services write to, each once:
    TOPIC.PRIORITY, and .VHOST if the URL has one. A pattern stays as it is.
    """
    vhost = f".{bus.virtual_host}" if bus.virtual_host else ""
    return {
        topic: [topic]
        if is_pattern(topic)
        else [
            f"{topic}.{priority}{vhost}"
            for priority in Dispatcher.supported_priorities
        ]
        for topic in conf.listener.topics
    }


def matches(topic: str, names: Collection[str]) -> Sequence[str]:
    """Return which of a broker's topics are one that we read."""
    if is_pattern(topic):
        pattern = re.compile(topic)
        return [name for name in names if pattern.search(name)]
    return [topic] if topic in names else []


def consumer(
    conf: cfg.ConfigOpts, bus: oslo_messaging.TransportURL
) -> dict[str, Any]:
    """Return librdkafka's properties of a consumer in our group.

    The query of a URL replaces options, as in oslo.messaging.
    """
    options = {**conf[_GROUP], **bus.query}
    return {
        **_DEFAULTS,
        "bootstrap.servers": places(bus),
        "max.partition.fetch.bytes": options["kafka_max_fetch_bytes"],
        **_login(bus, options),
        **conf.listener.kafka_properties,
        **_PROMISES,
        "group.id": conf.listener.pool,
        "logger": LIBRARY,
    }


def _login(
    bus: oslo_messaging.TransportURL, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what lets us in; the user is that of the first host."""
    protocol, user = options["security_protocol"], bus.hosts[0]
    values = {"security.protocol": protocol}
    if protocol.startswith("SASL"):
        values["sasl.mechanism"] = options["sasl_mechanism"]
        values["sasl.username"] = user.username or ""
        values["sasl.password"] = user.password or ""
    if protocol.endswith("SSL"):
        files = {name: options[option] for name, option in _TLS.items()}
        values |= {name: value for name, value in files.items() if value}
    return values


def places(bus: oslo_messaging.TransportURL) -> str:
    """Return the hosts of a bus, with their ports."""
    return ",".join(
        f"[{host.hostname}]:{host.port}"
        if ":" in host.hostname
        else f"{host.hostname}:{host.port}"
        for host in bus.hosts
    )


class Limit(logging.Filter):
    """Lets some lines pass in a second, and counts the others.

    The first line of a later second has their number.
    """

    def __init__(
        self, lines: int, now: Callable[[], float] = monotonic
    ) -> None:
        super().__init__()
        self._lines = lines
        self._now = now
        self._second, self._passed, self._left_out = -1, 0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        second = int(self._now())
        if second != self._second:
            self._second, self._passed = second, 0
        if self._passed >= self._lines:
            self._left_out += 1
            return False
        self._passed += 1
        if self._left_out:
            record.msg = f"{record.msg} ({self._left_out} lines left out)"
            self._left_out = 0
        return True


#: The log of librdkafka, which writes twenty lines a second in an outage.
LIBRARY = logging.getLogger("concertim_api.listener.librdkafka")
LIBRARY.addFilter(Limit(2))
