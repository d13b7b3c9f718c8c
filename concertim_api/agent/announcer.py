"""Announcing operations on the message bus, as OpenStack's services do."""

from __future__ import annotations

import logging
import socket
from typing import Any

from oslo_config import cfg

from concertim_api.domain.errors import Unavailable
from concertim_api.messaging import oslo_messaging
from concertim_api.services.operating.announcements import (
    Announcement,
    Announcer,
)

LOG = logging.getLogger(__name__)

#: [oslo_messaging_notifications] driver -> version of the message's format.
#: Others (log, noop) have nothing that could fail.
_VERSIONS = {"messaging": 1.0, "messagingv2": 2.0}


class BusAnnouncer:
    """Sends notifications, and hears of it if they can't be sent.

    oslo.messaging's own notifier logs that, and loses them.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        own = conf.oslo_messaging_notifications
        self._topics = own.topics
        self._versions = [_VERSIONS[name] for name in own.driver]
        self._publisher_id = f"concertim.{socket.gethostname()}"
        self._transport = oslo_messaging.get_notification_transport(conf)

    def announce(self, announcement: Announcement) -> None:
        """Send it once to each topic. Raises Unavailable."""
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
        target = oslo_messaging.Target(topic=topic)
        try:
            # What the drivers of its notifier call, too.
            self._transport._send_notification(
                target, {}, message, version=version, retry=0
            )
        except Exception as exc:  # each driver has errors of its own
            raise Unavailable(
                f"the message bus: {type(exc).__name__}"
            ) from None


class Nobody:
    """Nobody is to be told: then all is old when somebody is."""

    def announce(self, announcement: Announcement) -> None:
        """Tell nobody."""


def build(conf: cfg.ConfigOpts) -> Announcer:
    """Return who announces operations.

    It connects when there is something to tell. Raises ``cfg.Error``.
    """
    oslo_messaging.set_transport_defaults("concertim")
    conf.register_opts(_options(), group="oslo_messaging_notifications")
    drivers = conf.oslo_messaging_notifications.driver
    if not set(drivers) - {"noop"}:
        return Nobody()
    unknown = sorted(set(drivers) - _VERSIONS.keys())
    if unknown:
        raise cfg.ConfigFileValueError(
            f"[oslo_messaging_notifications] driver: {unknown[0]!r} is not "
            "one of messagingv2, messaging, noop"
        )
    return BusAnnouncer(conf)


def _options() -> list[cfg.Opt]:
    from oslo_messaging.notify import notifier

    return list(notifier._notifier_opts)
