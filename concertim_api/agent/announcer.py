"""Operations are announced on the message bus, as OpenStack's services do."""

from __future__ import annotations

import logging
import socket
from typing import Any

from oslo_config import cfg

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


class BusAnnouncer:
    """Sends notifications. It raises an error if that fails.

    The notifier of oslo.messaging would log the error and lose them.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        options = conf.oslo_messaging_notifications
        self._topics = options.topics
        self._versions = [
            _VERSIONS[name] for name in options.driver if name != _NOBODY
        ]
        self._publisher_id = f"concertim.{socket.gethostname()}"
        self._transport = oslo_messaging.get_notification_transport(conf)

    def announce(self, announcement: Announcement) -> None:
        """Send an announcement once to each topic. Raises Unavailable."""
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
            # The notifier's drivers call this, too. Nothing public raises
            # an error when a notification can't be sent (oslo.messaging 18).
            self._transport._send_notification(
                target, {}, message, version=version, retry=0
            )
        except Exception as exc:  # each driver has other errors
            raise Unavailable(
                f"the message bus: {type(exc).__name__}"
            ) from None


class Nobody:
    """Sends nothing. What happens meanwhile is never announced."""

    def announce(self, announcement: Announcement) -> None:
        """Send nothing."""


def check(conf: cfg.ConfigOpts) -> None:
    """Raise ``cfg.Error``, naming the option, unless operations can be
    announced as the options say. Asks no bus."""
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
            oslo_messaging.get_notification_transport(conf).cleanup()
        except (
            oslo_messaging.InvalidTransportURL,
            oslo_messaging.DriverLoadFailure,
            ValueError,
        ):
            # Not its text, which may hold the password.
            raise cfg.ConfigFileValueError(
                "[oslo_messaging_notifications] transport_url: not a "
                "transport URL"
            ) from None


def build(conf: cfg.ConfigOpts) -> Announcer:
    """Return what announces operations.

    It connects when there is something to send. Raises what ``check`` does.
    """
    check(conf)
    if set(conf.oslo_messaging_notifications.driver) - {_NOBODY}:
        return BusAnnouncer(conf)
    return Nobody()


def _register(conf: cfg.ConfigOpts) -> None:
    group = "oslo_messaging_notifications"
    oslo_messaging.set_transport_defaults("concertim")
    conf.register_opts(dict(opts.list_opts())[group], group=group)
