"""What is sent to Kafka is what oslo.messaging's driver sends, and who sends
hears whether the broker has it."""

import json
import sys
import time
from datetime import UTC, datetime

import confluent_kafka
import pytest
from oslo_config import cfg

from concertim_api.agent import announcer, kafka_sender
from concertim_api.domain.errors import Invalid, Unavailable
from concertim_api.messaging import oslo_messaging
from concertim_api.services.operations.announcements import Announcement
from tests.programs import free_port

GROUP = "oslo_messaging_notifications"

ANNOUNCEMENT = Announcement(
    message_id="m-1",
    event_type="rack.suspend.error",
    payload={"id": "r-1", "name": "löwe"},
    at=datetime(2026, 11, 25, tzinfo=UTC),
)


@pytest.fixture
def conf():
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[])
    announcer.check(conf)
    conf.set_override("driver", ["messagingv2"], GROUP)
    conf.set_override("transport_url", "kafka://k:9092/north", GROUP)
    return conf


class Producer:
    """Keeps what it is to send, and reports that it has none."""

    error = None

    def __init__(self, properties):
        self.properties, self.sent = properties, []

    def produce(self, topic, value, on_delivery=None):
        self.sent.append((topic, json.loads(value)))
        self._report = on_delivery

    def poll(self, seconds=0):
        """The other user of it needs no report."""

    def flush(self, seconds=None):
        if self._report:
            self._report(self.error, None)


@pytest.fixture
def producers(monkeypatch):
    """The producers that were made, by us and by oslo.messaging."""
    producers = []

    def make(properties):
        producers.append(Producer(properties))
        return producers[-1]

    monkeypatch.setattr(kafka_sender, "Producer", make)
    monkeypatch.setattr(confluent_kafka, "Producer", make)
    return producers


def test_the_driver_of_the_library_sends_the_same(conf, producers):
    announcer.build(conf).announce(ANNOUNCEMENT)
    notifier = oslo_messaging.Notifier(
        oslo_messaging.get_notification_transport(
            conf, url="kafka://k:9092/north"
        ),
        publisher_id="x",
        driver="messagingv2",
        topics=["notifications"],
    )
    notifier.error({}, ANNOUNCEMENT.event_type, dict(ANNOUNCEMENT.payload))
    ours, theirs = (producer.sent for producer in producers)
    [(topic, envelope)], [(expected_topic, expected)] = ours, theirs
    assert topic == expected_topic == "notifications.error.north"
    assert envelope.keys() == expected.keys()
    assert envelope["oslo.version"] == expected["oslo.version"]
    message = json.loads(envelope["oslo.message"])
    other = json.loads(expected["oslo.message"])
    assert message.keys() == other.keys()
    differing = {"message_id", "timestamp", "publisher_id"}
    assert {k: v for k, v in message.items() if k not in differing} == {
        k: v for k, v in other.items() if k not in differing
    }


def test_the_user_and_the_password_are_those_of_the_url(
    conf, producers, tmp_path
):
    authority = tmp_path / "ca.pem"
    authority.touch()
    conf.set_override("transport_url", "kafka://ann:pw@[::1]:9/", GROUP)
    announcer.check(conf)
    options = {"security_protocol": "SASL_SSL", "ssl_cafile": str(authority)}
    for name, value in options.items():
        conf.set_override(name, value, "oslo_messaging_kafka")
    announcer.build(conf).announce(ANNOUNCEMENT)
    expected = {
        "bootstrap.servers": "[::1]:9",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "ann",
        "sasl.password": "pw",
        "ssl.ca.location": str(authority),
    }
    assert expected.items() <= producers[0].properties.items()


def test_a_report_of_a_failure_is_raised(conf, producers, monkeypatch):
    error = confluent_kafka.KafkaError(
        confluent_kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED
    )
    monkeypatch.setattr(Producer, "error", error)
    with pytest.raises(Unavailable, match="Kafka: TOPIC_AUTHORIZATION_FAILED"):
        announcer.build(conf).announce(ANNOUNCEMENT)


def test_without_a_report_nothing_counts_as_sent(conf, producers, monkeypatch):
    monkeypatch.setattr(Producer, "flush", lambda self, seconds: 1)
    with pytest.raises(Unavailable, match="TimeoutError"):
        announcer.build(conf).announce(ANNOUNCEMENT)


def test_no_broker_is_an_error_at_the_deadline():
    """With the real library."""
    sender = kafka_sender.KafkaSender(
        {"bootstrap.servers": f"127.0.0.1:{free_port()}"}, None, deadline=3
    )
    began = time.monotonic()
    with pytest.raises(confluent_kafka.KafkaException, match="_MSG_TIMED_OUT"):
        sender.send("notifications.info", {"payload": {}}, 2.0)
    assert time.monotonic() - began >= 3


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("kafka://host/", "with its port"),
        ("kafka:///", "with its port"),
        ("kafka://a:1,b/", "with its port"),
    ],
)
def test_a_url_that_names_no_broker_is_refused(conf, url, complaint):
    conf.set_override("transport_url", url, GROUP)
    with pytest.raises(Invalid, match=complaint) as caught:
        announcer.check(conf)
    assert f"[{GROUP}] transport_url" in str(caught.value)


def test_the_bus_may_be_that_of_all_services(tmp_path, producers):
    file = tmp_path / "concertim.conf"
    file.write_text(
        "[DEFAULT]\ntransport_url = kafka://k:9092/\n"
        f"[{GROUP}]\ndriver = messagingv2\n"
    )
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[str(file)], default_config_dirs=[])
    announcer.build(conf).announce(ANNOUNCEMENT)
    [(topic, _)] = producers[0].sent
    assert topic == "notifications.error"


def test_a_missing_library_is_named(conf, monkeypatch):
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(Invalid, match=r"pip install 'concertim-api\[kafka\]'"):
        announcer.check(conf)
