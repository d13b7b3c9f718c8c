"""What is sent is what oslo.messaging's own notifier sends."""

import dataclasses as dc
from datetime import UTC, datetime

import pytest
from oslo_config import cfg

from concertim_api.agent import announcer
from concertim_api.domain.errors import Unavailable
from concertim_api.messaging import oslo_messaging
from concertim_api.services.operations.announcements import Announcement

GROUP = "oslo_messaging_notifications"


@pytest.fixture
def conf():
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[])
    announcer.check(conf)
    conf.set_override("transport_url", "fake:", GROUP)
    conf.set_override("topics", ["a", "b"], GROUP)
    return conf


@pytest.fixture
def announcement():
    return Announcement(
        message_id="m-1",
        event_type="rack.suspend.end",
        payload={"id": "r-1"},
        at=datetime(2026, 11, 25, tzinfo=UTC),
    )


class Transport:
    """Keeps what it is to send."""

    def __init__(self, conf):
        self.conf = conf
        self.calls = []

    def cleanup(self):
        """It has no connection."""

    def _send_notification(self, *args, **more):
        self.calls.append((args, more))


@pytest.mark.parametrize("name", ["messaging", "messagingv2"])
def test_the_transport_is_called_as_the_librarys_driver_calls_it(
    name, conf, announcement, monkeypatch
):
    """``_send_notification`` is private, here in oslo.messaging 18.3: its
    notifier logs a failure and loses the message, and has message ids of its
    own; nothing public tells who sends of a failure. If this fails after an
    upgrade, see what the drivers call now."""
    from oslo_messaging.notify import messaging

    ours, theirs = Transport(conf), Transport(conf)
    monkeypatch.setattr(
        oslo_messaging, "get_notification_transport", lambda conf: ours
    )
    conf.set_override("driver", [name], GROUP)
    announcer.build(conf).announce(announcement)
    make = {
        "messaging": messaging.MessagingDriver,
        "messagingv2": messaging.MessagingV2Driver,
    }[name]
    message = ours.calls[0][0][2]
    assert message["message_id"] == "m-1"
    make(conf, topics=["a", "b"], transport=theirs).notify(
        {}, message, "INFO", 0
    )
    assert ours.calls == theirs.calls
    assert len(ours.calls) == 2


def test_a_transport_takes_it(conf, announcement):
    conf.set_override("driver", ["messagingv2"], GROUP)
    announcer.build(conf).announce(announcement)


def test_who_announces_hears_of_a_failure(conf, announcement):
    conf.set_override("driver", ["messagingv2"], GROUP)
    unfit = dc.replace(announcement, payload={"id": object()})
    with pytest.raises(Unavailable, match="the message bus: ValueError"):
        announcer.build(conf).announce(unfit)


def test_the_options_are_those_of_the_library(conf):
    oslo_messaging.get_notification_transport(conf)
    announcer.check(conf)
    assert conf.oslo_messaging_notifications.driver == []
    assert conf.oslo_messaging_notifications.topics == ["a", "b"]
