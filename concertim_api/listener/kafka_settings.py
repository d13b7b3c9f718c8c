"""What our options and a transport URL mean to a consumer of Kafka."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from time import monotonic
from typing import Any

from oslo_config import cfg

from concertim_api import kafka
from concertim_api.domain.errors import Invalid
from concertim_api.listener.intake import Dispatcher
from concertim_api.messaging import oslo_messaging

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

#: librdkafka takes POSIX's extended regular expressions. A sign with a
#: backslash and a plain set are the same in Python. Of the rest, what POSIX
#: refuses, or silently reads in another way.
_ALIKE = re.compile(r"\\\W|\[\^?\]?[^]\\[]*\]")
_FOREIGN = re.compile(r"[\\[]|\(\?|[*+?}][*+?]")


def check(
    conf: cfg.ConfigOpts, bus: oslo_messaging.TransportURL, option: str
) -> None:
    """Raise Invalid, naming the option, unless a listener can listen.

    See ``kafka.check``, which this begins with.
    """
    kafka.check(conf, bus, option)
    for topic in filter(is_pattern, conf.listener.topics):
        _check_pattern(topic)


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as exc:
        raise Invalid("[listener] topics", f"{pattern}: {exc}") from None
    if _FOREIGN.search(_ALIKE.sub("x", pattern)):
        raise Invalid(
            "[listener] topics",
            f"{pattern}: write it as POSIX has it, as in "
            r"^ironic-[0-9]+\.(info|error)$",
        )


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
        if bus.transport != kafka.NAME or not bus.hosts[0].username:
            continue
        protocol = kafka.client(conf, bus)["security.protocol"]
        if not protocol.startswith("SASL"):
            losses.append(
                f"[oslo_messaging_kafka] security_protocol is {protocol}: the "
                f"user in the URL of {kafka.places(bus)} is not used"
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
    """Return librdkafka's properties of a consumer in our group."""
    options = kafka.driver_options(conf, bus)
    return {
        **_DEFAULTS,
        "max.partition.fetch.bytes": options["kafka_max_fetch_bytes"],
        **kafka.client(conf, bus),
        **conf.listener.kafka_properties,
        **_PROMISES,
        "group.id": conf.listener.pool,
        "logger": LIBRARY,
    }


class Limit(logging.Filter):
    """Lets some lines of each kind pass in a second; counts the others.

    The kind is the first word. The first line of the kind in a later second
    has their number.
    """

    def __init__(
        self, lines: int, now: Callable[[], float] = monotonic
    ) -> None:
        super().__init__()
        self._lines = lines
        self._now = now
        self._second = -1
        self._passed: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        second = int(self._now())
        if second != self._second:
            self._second, self._passed = second, Counter()
        kind = record.getMessage().partition(" ")[0]
        if self._passed[kind] >= self._lines:
            self._left_out[kind] += 1
            return False
        self._passed[kind] += 1
        left_out = self._left_out.pop(kind, 0)
        if left_out:
            record.msg = f"{record.msg} ({left_out} lines left out)"
        return True


#: The log of librdkafka, which writes twenty lines a second in an outage.
LIBRARY = logging.getLogger("concertim_api.listener.librdkafka")
LIBRARY.addFilter(Limit(2))
