"""The listener as a process: one server for each message bus."""

from __future__ import annotations

import functools
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import cotyledon
from oslo_config import cfg

from concertim_api import kafka
from concertim_api.domain import errors
from concertim_api.listener import kafka_settings, preflight
from concertim_api.listener.broker import Broker
from concertim_api.listener.bus import (
    BrokerMeter,
    Bus,
    NotificationServer,
    Reports,
)
from concertim_api.listener.intake import BatchMeter, Dispatcher, Intake
from concertim_api.listener.rabbit_broker import RabbitBroker
from concertim_api.messaging import (
    BatchNotificationServer,
    opts,
    oslo_messaging,
)
from concertim_api.services.monitoring.ports import HeartbeatWriter

#: Seconds that a broker has to answer before the listener starts.
_PATIENCE = 10.0


class Meter(BatchMeter, BrokerMeter, Protocol):
    """Measures what a worker does."""


class Parts(NamedTuple):
    """What a worker works with."""

    intake: Intake
    heartbeats: HeartbeatWriter


def buses(conf: cfg.ConfigOpts) -> dict[str, str | None]:
    """Return the transport URL of each region; None is the default one.

    Raises Invalid, without the URL, which has a password in it.
    """
    urls: dict[str, str | None] = {}
    for pair in conf.listener.transport:
        region, equals, url = pair.partition("=")
        region = region.strip()
        if not equals or not region or "://" in region:
            raise errors.Invalid(
                "[listener] transport", "give it as REGION=URL"
            )
        if region in urls:
            raise errors.Invalid(
                "[listener] transport", f"region {region} is there twice"
            )
        urls[region] = url.strip()
    return urls or {conf.listener.region: None}


def places(conf: cfg.ConfigOpts) -> Iterator[str]:
    """Yield each region, and the broker that is listened to for it.

    Raises Invalid if no broker is named: there is no default.
    """
    for region, url in buses(conf).items():
        bus = _bus(conf, url)
        hosts = ",".join(f"{host.hostname}:{host.port}" for host in bus.hosts)
        yield f"{region} from {bus.transport} {hosts}/{bus.virtual_host or ''}"


def server(
    conf: cfg.ConfigOpts,
    transport: oslo_messaging.NotificationTransport,
    dispatcher: Dispatcher,
    exchanges: Sequence[str] | None = None,
) -> BatchNotificationServer:
    """Return a server that gives a dispatcher the batches of one bus.

    It is not started. ``exchanges``: else those of the options.
    """
    options = conf.listener
    if "oslo_messaging_rabbit" in conf:
        # Without a limit the broker sends us its whole backlog at once.
        conf.set_default(
            "rabbit_qos_prefetch_count",
            2 * options.batch_size,
            group="oslo_messaging_rabbit",
        )
    targets = [
        oslo_messaging.Target(exchange=exchange, topic=topic)
        for exchange in exchanges or options.exchanges
        for topic in options.topics
        if not kafka_settings.is_pattern(topic)
    ]
    return BatchNotificationServer(
        transport,
        targets,
        dispatcher,
        executor="threading",
        allow_requeue=True,
        pool=options.pool,
        batch_size=options.batch_size,
        batch_timeout=options.batch_timeout,
    )


def check(conf: cfg.ConfigOpts) -> list[str]:
    """Ask each broker whether it accepts our queue and exchanges.

    Returns a sentence about each broker that does not answer, refuses our
    user, or lacks a topic: the listener waits for it. Raises Mismatch if one
    refuses a queue.
    """
    sentences = []
    for region, url in buses(conf).items():
        broker = region_broker(conf, url, _PATIENCE)
        try:
            doubts = broker.check() if broker is not None else ()
        except ConnectionError as exc:
            doubts = [str(exc)]
        sentences += [f"the message bus of {region}: {d}" for d in doubts]
    return sentences


def doubts(conf: cfg.ConfigOpts) -> list[str]:
    """Return a sentence about each option that may lose notifications.

    Asks no broker. Raises Invalid if such a queue is impossible.
    """
    addresses = [_bus(conf, url) for url in buses(conf).values()]
    transports = {address.transport for address in addresses}
    losses = preflight.doubts(conf) if "rabbit" in transports else []
    if kafka.NAME in transports:
        losses += kafka_settings.doubts(conf, addresses)
    return losses


def region_broker(
    conf: cfg.ConfigOpts, url: str | None, timeout: float = 3.0
) -> Broker | None:
    """Return the broker of a URL, if it is RabbitMQ or Kafka.

    Does not connect.
    """
    address, option = _bus(conf, url), _option(url)
    match address.transport:
        case "rabbit":
            return RabbitBroker(conf, address, option, timeout)
        case kafka.NAME:
            # confluent_kafka is of an extra.
            from concertim_api.listener.kafka_broker import KafkaBroker

            return KafkaBroker(conf, address, option, timeout)
    return None


def _option(url: str | None) -> str:
    """Return the name of the option that has a URL."""
    return "[listener] transport" if url else "transport_url"


def _bus(conf: cfg.ConfigOpts, url: str | None) -> oslo_messaging.TransportURL:
    """Return the address of a broker; None: the one of [DEFAULT].

    Raises Invalid if it is not named.
    """
    group, named = "oslo_messaging_notifications", url
    conf.register_opts(dict(opts.list_opts())[group], group=group)
    if url is None:
        url = conf.oslo_messaging_notifications.transport_url
    address = oslo_messaging.TransportURL.parse(conf, url)
    place = conf.get_location("transport_url")
    if url is None and not (place and place.location.is_user_controlled):
        raise errors.Invalid(
            "[DEFAULT] transport_url",
            "missing: it names the message bus of the cloud",
        )
    if address.transport == kafka.NAME:
        kafka_settings.check(conf, address, _option(named))
    if not _is_ours(conf, address):
        # This registers the options of the driver.
        oslo_messaging.get_notification_transport(conf, url=url)
    return address


def _is_ours(
    conf: cfg.ConfigOpts, address: oslo_messaging.TransportURL
) -> bool:
    """Whether a consumer of our own reads a bus, and not oslo.messaging."""
    is_kafka = address.transport == kafka.NAME
    return is_kafka and not conf.listener.oslo_kafka_driver


class ListenerService(cotyledon.Service):
    """One worker process.

    ``parts`` and ``meter`` are called in it, not in its parent. ``meter``
    gets the options, and the number of the worker from 0.
    """

    name = "listener"

    def __init__(
        self,
        worker_id: Any,
        conf: cfg.ConfigOpts,
        parts: Callable[[cfg.ConfigOpts], Parts],
        meter: Callable[[cfg.ConfigOpts, int], Meter | None],
    ) -> None:
        super().__init__(worker_id)
        self._conf = conf
        self._make_parts = parts
        self._make_meter = meter
        self._buses: list[Bus] = []

    def run(self) -> None:
        parts = self._make_parts(self._conf)
        meter = self._make_meter(self._conf, self.worker_id)
        reports = Reports(
            parts.heartbeats,
            parts.intake.clock,
            f"{socket.gethostname()}:{os.getpid()}",
            meter,
        )
        for region, url in buses(self._conf).items():
            start = functools.partial(
                self._start, parts.intake, meter, region, url
            )
            broker = region_broker(self._conf, url)
            self._buses.append(Bus(region, broker, start, reports))
            self._buses[-1].start()

    def _start(
        self, intake: Intake, meter: Meter | None, region: str, url: str | None
    ) -> tuple[Dispatcher, NotificationServer]:
        """Start a server for one bus; return it with its dispatcher."""
        options = self._conf.listener
        dispatcher = Dispatcher(
            intake,
            region,
            options.outage_wait,
            options.outage_wait_max,
            meter,
            _bus(self._conf, url).virtual_host or "",
        )
        return dispatcher, running_server(self._conf, url, dispatcher)

    def terminate(self) -> None:
        """Finish the current batch of each bus, and stop."""
        for each in self._buses:
            each.stop()
        for each in self._buses:
            each.wait()


def running_server(
    conf: cfg.ConfigOpts, url: str | None, dispatcher: Dispatcher
) -> NotificationServer:
    """Return a server that listens to one bus, in one thread: batches commit
    in the order they came."""
    address = _bus(conf, url)
    if _is_ours(conf, address):
        from concertim_api.listener import kafka_server  # it is of an extra

        consumer = kafka_server.server(conf, address, dispatcher)
        consumer.start()
        return consumer
    transport = oslo_messaging.get_notification_transport(conf, url=url)
    # Kafka has no exchanges; two of them would be one topic twice.
    is_kafka = address.transport == kafka.NAME
    exchanges = ("",) if is_kafka else None
    listener = server(conf, transport, dispatcher, exchanges)
    listener.start(override_pool_size=1)
    running: NotificationServer = listener
    return running
