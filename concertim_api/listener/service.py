"""The listener as a process: one server for each message bus."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import cotyledon
from oslo_config import cfg

from concertim_api.domain import errors
from concertim_api.listener import preflight
from concertim_api.listener.intake import Dispatcher, Intake, Meter
from concertim_api.messaging import (
    BatchNotificationServer,
    oslo_messaging,
)

LOG = logging.getLogger(__name__)


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
) -> BatchNotificationServer:
    """Return a server that gives a dispatcher the batches of one bus.

    It is not started.
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
        for exchange in options.exchanges
        for topic in options.topics
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

    Returns a sentence about each broker that does not answer: the listener
    waits for it. Raises Mismatch if a broker refuses.
    """
    unreachable = []
    for region, bus in _rabbits(conf):
        try:
            preflight.check(conf, bus)
        except ConnectionError as exc:
            unreachable.append(
                f"the message bus of {region} does not answer: {exc}"
            )
    return unreachable


def doubts(conf: cfg.ConfigOpts) -> list[str]:
    """Return a sentence about each option that may lose notifications.

    Asks no broker. Raises Invalid if such a queue is impossible.
    """
    return preflight.doubts(conf) if any(_rabbits(conf)) else []


def _rabbits(
    conf: cfg.ConfigOpts,
) -> Iterator[tuple[str, oslo_messaging.TransportURL]]:
    """Yield the regions with RabbitMQ as their bus, and its address."""
    for region, url in buses(conf).items():
        bus = _bus(conf, url)
        if bus.transport == "rabbit":
            yield region, bus


def _bus(conf: cfg.ConfigOpts, url: str | None) -> oslo_messaging.TransportURL:
    """Return the address of a broker; None: the one of [DEFAULT].

    Raises Invalid if it is not named.
    """
    # This registers the options of the driver.
    oslo_messaging.get_notification_transport(conf, url=url)
    if url is None:
        url = conf.oslo_messaging_notifications.transport_url
    place = conf.get_location("transport_url")
    if url is None and not (place and place.location.is_user_controlled):
        raise errors.Invalid(
            "[DEFAULT] transport_url",
            "missing: it names the message bus of the cloud",
        )
    return oslo_messaging.TransportURL.parse(conf, url)


class ListenerService(cotyledon.Service):
    """One worker process.

    ``intake`` and ``meter`` are called in it, not in its parent. ``meter``
    gets the options, and the number of the worker from 0.
    """

    name = "listener"

    def __init__(
        self,
        worker_id: Any,
        conf: cfg.ConfigOpts,
        intake: Callable[[cfg.ConfigOpts], Intake],
        meter: Callable[[cfg.ConfigOpts, int], Meter | None],
    ) -> None:
        super().__init__(worker_id)
        self._conf = conf
        self._make_intake = intake
        self._make_meter = meter
        self._servers: list[tuple[Dispatcher, BatchNotificationServer]] = []

    def run(self) -> None:
        intake = self._make_intake(self._conf)
        meter = self._make_meter(self._conf, self.worker_id)
        options = self._conf.listener
        for region, url in buses(self._conf).items():
            transport = oslo_messaging.get_notification_transport(
                self._conf, url=url
            )
            dispatcher = Dispatcher(
                intake,
                region,
                options.outage_wait,
                options.outage_wait_max,
                meter,
            )
            listener = server(self._conf, transport, dispatcher)
            # One thread: batches commit in the order they came.
            listener.start(override_pool_size=1)
            self._servers.append((dispatcher, listener))
            LOG.info("Listening to the notifications of %s", region)

    def terminate(self) -> None:
        """Finish the current batch of each bus, and stop."""
        for dispatcher, listener in self._servers:
            dispatcher.stop()
            listener.stop()
        for dispatcher, listener in self._servers:
            listener.wait()
            LOG.info("Stopped listening: %s", dispatcher.total)
