"""Operations are announced on the message bus, as OpenStack's services do."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from typing import Any, Protocol

from oslo_config import cfg

from concertim_api import kafka
from concertim_api.domain.errors import Unavailable
from concertim_api.messaging import opts, oslo_messaging
from concertim_api.services.operations.announcements import (
    Announcement,
    Announcer,
)

LOG = logging.getLogger(__name__)

#: [oslo_messaging_notifications] driver -> version of the message's format.
_VERSIONS = {"messagingv2": 2.0, "messaging": 1.0}

#: The driver that sends nothing.
_NOBODY = "noop"

#: The option that has the URL of the bus.
_URL = "[oslo_messaging_notifications] transport_url"


class Sender(Protocol):
    """Sends messages to a bus."""

    def send(
        self, topic: str, message: Mapping[str, Any], version: float
    ) -> None:
        """Return when the broker has a message. Raises any error if it does
        not have it, after some seconds at most."""


class BusSender:
    """Sends by oslo.messaging, whose driver for RabbitMQ waits for the
    broker's confirmation."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._transport = oslo_messaging.get_notification_transport(conf)

    def send(
        self, topic: str, message: Mapping[str, Any], version: float
    ) -> None:
        # The notifier's drivers call this, too. Nothing public raises an
        # error when a notification can't be sent (oslo.messaging 18).
        self._transport._send_notification(
            oslo_messaging.Target(topic=topic),
            {},
            message,
            version=version,
            retry=0,
        )


class BusAnnouncer:
    """Sends notifications. It raises an error if that fails.

    The notifier of oslo.messaging would log the error and lose them.
    """

    def __init__(self, conf: cfg.ConfigOpts, sender: Sender) -> None:
        options = conf.oslo_messaging_notifications
        self._topics = options.topics
        self._versions = [
            _VERSIONS[name] for name in options.driver if name != _NOBODY
        ]
        self._publisher_id = f"concertim.{socket.gethostname()}"
        self._sender = sender

    def announce(self, announcement: Announcement) -> None:
        """Send an announcement once to each topic.

        Raises Unavailable unless the broker has it in each.
        """
        priority = "error" if announcement.is_error else "info"
        message = {
            "message_id": announcement.message_id,
            "publisher_id": self._publisher_id,
            "event_type": announcement.event_type,
            "priority": priority.upper(),
            "payload": announcement.payload,
            "timestamp": f"{announcement.at:%Y-%m-%d %H:%M:%S.%f}",
        }
        for version in self._versions:
            for topic in self._topics:
                self._send(f"{topic}.{priority}", message, version)

    def _send(
        self, topic: str, message: dict[str, Any], version: float
    ) -> None:
        try:
            self._sender.send(topic, message, version)
        except Exception as exc:  # each driver has other errors
            raise Unavailable(f"the message bus: {_reason(exc)}") from None


def _reason(error: Exception) -> str:
    """Return what an error is, but not its text, which may have a password.

    That of Kafka is an object with a name.
    """
    name = getattr(error.args[0], "name", None) if error.args else None
    return f"Kafka: {name()}" if callable(name) else type(error).__name__


class Nobody:
    """Sends nothing. What happens meanwhile is never announced."""

    def announce(self, announcement: Announcement) -> None:
        """Send nothing."""


def check(conf: cfg.ConfigOpts) -> None:
    """Raise ``cfg.Error`` or Invalid, naming the option, unless operations
    can be announced as the options say. Asks no bus."""
    _register(conf)
    drivers = set(conf.oslo_messaging_notifications.driver)
    unknown = sorted(drivers - {*_VERSIONS, _NOBODY})
    if unknown:
        raise cfg.ConfigFileValueError(
            f"[oslo_messaging_notifications] driver: {unknown[0]!r} is not "
            f"one of {', '.join(_VERSIONS)}, {_NOBODY}"
        )
    if drivers - {_NOBODY}:
        try:
            bus = _bus(conf)
            if bus.transport != kafka.NAME:
                oslo_messaging.get_notification_transport(conf).cleanup()
        except (
            oslo_messaging.InvalidTransportURL,
            oslo_messaging.DriverLoadFailure,
            ValueError,
        ):
            # Not its text, which may hold the password.
            raise cfg.ConfigFileValueError(
                f"{_URL}: not a transport URL"
            ) from None
        if bus.transport == kafka.NAME:
            kafka.check(conf, bus, _URL)


def build(conf: cfg.ConfigOpts) -> Announcer:
    """Return what announces operations.

    It connects when there is something to send. Raises what ``check`` does.
    """
    check(conf)
    if set(conf.oslo_messaging_notifications.driver) - {_NOBODY}:
        return BusAnnouncer(conf, _sender(conf))
    return Nobody()


def _bus(conf: cfg.ConfigOpts) -> oslo_messaging.TransportURL:
    """Return the address of the bus: our own, or that of [DEFAULT]."""
    url = conf.oslo_messaging_notifications.transport_url
    return oslo_messaging.TransportURL.parse(conf, url)


def _sender(conf: cfg.ConfigOpts) -> Sender:
    bus = _bus(conf)
    if bus.transport != kafka.NAME:
        return BusSender(conf)
    # confluent_kafka is of an extra.
    from concertim_api.agent.kafka_sender import KafkaSender

    return KafkaSender(kafka.client(conf, bus), bus.virtual_host)


def _register(conf: cfg.ConfigOpts) -> None:
    group = "oslo_messaging_notifications"
    oslo_messaging.set_transport_defaults("concertim")
    conf.register_opts(dict(opts.list_opts())[group], group=group)
