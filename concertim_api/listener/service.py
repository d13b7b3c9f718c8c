"""The listener as a process: one server for each message bus."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import cotyledon
from oslo_config import cfg

from concertim_api.domain import errors
from concertim_api.listener import preflight
from concertim_api.listener.dispatcher import Dispatcher, Meter
from concertim_api.listener.intake import Intake
from concertim_api.messaging import (
    BatchNotificationServer,
    oslo_messaging,
)

LOG = logging.getLogger(__name__)


def buses(conf: cfg.ConfigOpts) -> dict[str, str | None]:
    """Return the transport URL of each region; None: the default one.

    Raises Invalid, without the URL: there is a password in it.
    """
    found: dict[str, str | None] = {}
    for pair in conf.listener.transport:
        region, equals, url = pair.partition("=")
        region = region.strip()
        if not equals or not region or "://" in region:
            raise errors.Invalid(
                "[listener] transport", "give it as REGION=URL"
            )
        if region in found:
            raise errors.Invalid(
                "[listener] transport", f"region {region} is there twice"
            )
        found[region] = url.strip()
    return found or {conf.listener.region: None}


def server(
    conf: cfg.ConfigOpts,
    transport: oslo_messaging.NotificationTransport,
    dispatcher: Dispatcher,
) -> BatchNotificationServer:
    """Return a server that feeds a dispatcher from one message bus."""
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
    """Ask each broker whether it will have us. Raises Mismatch.

    Returns what there is to say of those that do not answer: they may come
    up later, and the listener waits for them.
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
    """Return what the options of our queue will lose. Asks no broker.

    Raises Invalid if there can be no such queue.
    """
    return preflight.doubts(conf) if any(_rabbits(conf)) else []


def _rabbits(
    conf: cfg.ConfigOpts,
) -> Iterator[tuple[str, oslo_messaging.TransportURL]]:
    """Yield the regions whose bus is RabbitMQ, with its address."""
    for region, url in buses(conf).items():
        # Registers the options of the driver, among them the broker's.
        oslo_messaging.get_notification_transport(conf, url=url)
        bus = oslo_messaging.TransportURL.parse(conf, url)
        if bus.transport == "rabbit":
            yield region, bus


class ListenerService(cotyledon.Service):
    """One worker process. ``intake`` is built in it, not in its parent, and
    so is ``meter``: of the options, and the number of the worker from 0."""

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
        self._running: list[tuple[Dispatcher, BatchNotificationServer]] = []

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
            running = server(self._conf, transport, dispatcher)
            # One thread: batches commit in the order they came.
            running.start(override_pool_size=1)
            self._running.append((dispatcher, running))
            LOG.info("Listening to the notifications of %s", region)

    def terminate(self) -> None:
        """Finish the batch that is being taken, and stop."""
        for dispatcher, running in self._running:
            dispatcher.stop()
            running.stop()
        for dispatcher, running in self._running:
            running.wait()
            LOG.info("Stopped listening: %s", dispatcher.total)
