"""The consumer of Kafka and its broker, on a real one."""

from __future__ import annotations

import itertools
import pathlib
import resource
import threading
import time
import urllib.parse

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)

from concertim_api import bootstrap
from concertim_api.listener import service
from concertim_api.listener.broker import Refused
from concertim_api.listener.intake import Dispatcher
from concertim_api.messaging import oslo_messaging
from tests.integration.kafka import IMPATIENT
from tests.waiting import wait_for

pytestmark = pytest.mark.xdist_group("kafka")


class Store:
    """A dispatcher that stores what it gets, while its gate is open."""

    supported_priorities = Dispatcher.supported_priorities

    def __init__(self, is_open):
        self.gate = threading.Event()
        if is_open:
            self.gate.set()
        self.is_refusing = False
        self.begun = 0
        self.incoming = []

    def dispatch(self, incoming):
        self.begun += 1
        self.gate.wait()
        if self.is_refusing:
            return set(incoming)
        self.incoming += incoming
        return set()

    @property
    def messages(self):
        return [each.message for each in self.incoming]

    def await_messages(self, messages):
        wait_for(
            f"{len(messages)} messages to be stored",
            lambda: self.messages,
            lambda stored: (
                sorted(stored, key=str) == sorted(messages, key=str)
            ),
        )


class Site:
    """Servers of the groups of a test."""

    def __init__(self, stream):
        self._stream = stream
        self._running = []

    def conf(self, url=None, **options):
        conf = bootstrap.configure(default_config_files=[])
        options = {
            "transport": [f"north={url or self._stream.kafka.url}"],
            "topics": [self._stream.topic],
            "pool": self._stream.pool,
            "kafka_properties": IMPATIENT,
            "batch_size": 10,
            **options,
        }
        for name, value in options.items():
            conf.set_override(name, value, "listener")
        list(service.places(conf))  # it registers the options of Kafka
        return conf

    def start(self, conf=None, is_open=True, **options):
        """Start a server; return what it stores into."""
        conf, store = conf or self.conf(**options), Store(is_open)
        (url,) = service.buses(conf).values()
        self._running.append((service.running_server(conf, url, store), store))
        return store

    def end(self, store=None):
        """Let a store, or all, end what they do, and stop their servers."""
        for server, each in [*self._running]:
            if store in (None, each):
                server.stop()
                each.gate.set()
                server.wait()
                self._running.remove((server, each))

    @property
    def problem(self):
        """Why the first server gets nothing."""
        return self._running[0][0].problem

    def broker(self, conf):
        (url,) = service.buses(conf).values()
        return service.region_broker(conf, url)


@pytest.fixture
def site(stream):
    running = Site(stream)
    yield running
    running.end()


def numbered(count, first=0):
    return [{"number": number} for number in range(first, first + count)]


def test_what_was_sent_before_the_first_start_is_read(site, stream):
    stream.create()
    stream.send(numbered(25))
    headers = [("region", b"north"), ("odd", b"\xff")]
    stream.send(numbered(2, 25), "error", headers=headers)
    store = site.start()
    store.await_messages(numbered(27))
    stream.await_committed(27)
    ends = [each for each in store.incoming if each.message["number"] >= 25]
    assert {each.topic for each in ends} == {f"{stream.topic}.error"}
    assert [each.headers["region"] for each in ends] == ["north"] * 2


def test_a_group_goes_on_where_it_ended(site, stream):
    """An old group that never had an offset of errors reads them, too."""
    stream.create()
    stream.send(numbered(5))
    store = site.start()
    stream.await_committed(5)
    site.end(store)
    stream.send(numbered(5, 5))
    stream.send(numbered(5, 10), "error")
    site.start().await_messages(numbered(10, 5))


def test_a_topic_that_appears_is_read_from_its_first_message(site, stream):
    stream.create("info")
    stream.send(numbered(1))
    store = site.start()
    stream.await_committed(1)
    stream.create("error")
    stream.send(numbered(5, 1), "error")
    store.await_messages(numbered(6))


def test_a_pattern_and_a_name_that_is_there_twice(site, stream):
    stream.create()
    stream.send(numbered(5))
    topics = [f"^{stream.topic}\\.(info|warn)$", "another", "another"]
    site.start(topics=topics).await_messages(numbered(5))


def test_services_of_a_virtual_host_are_heard(site, stream):
    url = stream.kafka.url + "north"
    conf = site.conf(url)
    notifier = oslo_messaging.Notifier(
        oslo_messaging.get_notification_transport(conf, url=url),
        driver="messagingv2",
        publisher_id="baremetal.host",
        topics=[stream.topic],
    )
    notifier.info({"user": "ironic"}, "baremetal.node.create.end", {"id": 1})
    store = site.start(conf)
    wait_for("the notification", lambda: store.incoming)
    (incoming,) = store.incoming
    assert incoming.topic == f"{stream.topic}.info.north"
    assert incoming.message["event_type"] == "baremetal.node.create.end"
    assert "_context" not in incoming.message


def test_offsets_are_committed_when_messages_are_stored(site, stream):
    stream.create()
    stream.send(numbered(25))
    store = site.start(is_open=False)
    wait_for("a batch", lambda: store.begun)
    assert stream.committed() == {}
    store.gate.set()
    stream.await_committed(25)
    assert sorted(m["number"] for m in store.messages) == [*range(25)]


def test_a_batch_may_wait_for_longer_than_the_poll_interval(site, stream):
    """The group keeps the consumer, and it fetches nothing twice."""
    stream.create()
    store = site.start(is_open=False)
    stream.send(numbered(15))
    wait_for("a batch", lambda: store.begun)
    time.sleep(5)  # the group misses who does not poll for 3 seconds
    stream.send(numbered(5, 15))
    assert stream.committed() == {}
    store.gate.set()
    stream.await_committed(20)
    assert [m["number"] for m in store.messages] == [*range(20)]


def test_what_waits_takes_no_memory(site, stream):
    """30,000 messages are 30 MB in Kafka, and hundreds in Python."""
    stream.create()
    stream.send([b'"' + b"x" * 1000 + b'"'] * 30_000)
    before = _resident()
    store = site.start(is_open=False, batch_size=500)
    wait_for("a batch", lambda: store.begun)
    time.sleep(3)  # for nothing: it would fetch them all by then
    assert _resident() - before < 30_000_000
    store.is_refusing = True


def _resident():
    """Return the bytes that this process has in memory."""
    pages = pathlib.Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def test_what_is_returned_comes_again_in_its_order(site, stream):
    stream.create()
    store = site.start()
    store.is_refusing = True
    stream.send(numbered(25))
    wait_for("returns", lambda: store.begun, lambda begun: begun > 3)
    assert stream.committed() == {}
    store.is_refusing = False
    stream.await_committed(25)
    assert [m["number"] for m in store.messages] == [*range(25)]


def test_a_stop_commits_what_is_stored_and_nothing_else(site, stream):
    stream.create()
    store = site.start()
    stream.send(numbered(10))
    stream.await_committed(10)
    store.gate.clear()
    store.is_refusing = True
    stream.send(numbered(10, 10))
    wait_for("the second batch", lambda: store.begun, (2).__le__)
    site.end(store)
    assert stream.committed() == {("info", 0): 10}
    site.start().await_messages(numbered(10, 10))


def test_what_is_others_now_is_left_to_them(site, stream):
    """Two listeners share the partitions while both hold a batch."""
    stream.create("info", partitions=2)
    for partition in (0, 1):
        stream.send(numbered(5, 5 * partition), partition=partition)
    first = site.start(is_open=False)
    wait_for("the first batch", lambda: first.begun)
    second = site.start(is_open=False)
    wait_for("the batch of the second listener", lambda: second.begun)
    first.gate.set()
    (partition,) = wait_for("what the first still has", stream.committed)
    site.end(second)  # it stores its batch, and leaves
    stream.await_committed(10)
    assert stream.committed().keys() == {("info", 0), ("info", 1)}
    assert partition in stream.committed()
    stored = first.messages + second.messages
    assert {m["number"] for m in stored} == {*range(10)}


def test_a_broker_that_is_killed_is_waited_for(site, stream, caplog):
    """What is stored meanwhile is committed when the broker is back."""
    stream.create()
    conf = site.conf()
    broker, store = site.broker(conf), site.start(conf, is_open=False)
    stream.send(numbered(10))
    wait_for("a batch", lambda: store.begun)
    assert broker.waiting() == 10
    stream.kafka.kill()
    store.gate.set()
    store.await_messages(numbered(10))
    with pytest.raises(ConnectionError, match="does not answer at") as error:
        broker.waiting()
    assert "([listener] transport)" in str(error.value)
    stream.kafka.restart()
    stream.await_committed(10)
    stream.send(numbered(10, 10))
    stream.await_committed(20)
    assert {m["number"] for m in store.messages} == {*range(20)}
    assert broker.waiting() == 0
    broker.close()
    lines = [r for r in caplog.records if "did not take our" in r.getMessage()]
    assert len(lines) < 10, "a hot loop"


def test_why_the_group_does_not_take_us_is_known(site, stream):
    """The broker takes sessions of half an hour at most."""
    stream.create()
    hour = {"session.timeout.ms": 3_600_000, "max.poll.interval.ms": 3_600_000}
    conf = site.conf(kafka_properties={**IMPATIENT, **hour})
    site.start(conf)
    wait_for(
        "the reason",
        lambda: site.problem,
        lambda reason: reason and "session timeout" in reason,
    )
    assert site.broker(conf).waiting() == 0
    site.end()


def test_an_upgrade_goes_on_where_oslo_messaging_was(site, stream):
    stream.create("info")
    old = site.start(site.conf(oslo_kafka_driver=True))
    number = itertools.count()
    wait_for(  # its driver misses what is sent before it has joined
        "the driver of oslo.messaging to get something",
        lambda: stream.send([{"number": next(number)}]) or old.incoming,
        every=0.2,
    )
    site.end(old)
    ((place, offset),) = stream.committed().items()
    assert place == ("info", 0)
    last = next(number)
    stream.send([{"number": last}])
    site.start().await_messages(
        [{"number": n} for n in range(offset, last + 1)]
    )


class TestBroker:
    def test_what_waits_is_the_lag_of_the_group(self, site, stream):
        stream.create(partitions=2)
        conf = site.conf()
        broker = site.broker(conf)
        assert broker.waiting() == 0
        stream.send(numbered(25))
        assert broker.waiting() == 25
        store = site.start(conf)
        stream.await_committed(25)
        site.end(store)
        stream.send(numbered(5), "error")
        assert broker.waiting() == 5
        broker.close()

    def test_a_partition_without_a_leader_keeps_nobody_away(
        self, site, stream, monkeypatch
    ):
        stream.create()
        broker = site.broker(site.conf())

        def nobody(*_):
            error = KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION)
            raise KafkaException(error)

        monkeypatch.setattr(broker, "_listed", nobody)
        assert broker.waiting() is None
        broker.close()

    def test_topics_that_are_missing_are_doubted(self, site, stream):
        stream.create("info")
        conf = site.conf(topics=[stream.topic, "none", "^none"])
        place = stream.kafka.place
        assert service.check(conf) == [
            "the message bus of north: [listener] topics: Kafka at "
            f"{place} ([listener] transport) shows our user no topic of "
            "none, ^none: they are read when they appear"
        ]
        assert site.broker(site.conf(topics=["none"])).waiting() is None

    @pytest.mark.parametrize(
        ("user", "mechanism"),
        [("ironic", "PLAIN"), ("scram", "SCRAM-SHA-256")],
    )
    def test_a_password_is_taken(self, site, stream, user, mechanism):
        stream.create()
        stream.send(numbered(5))
        url = stream.kafka.secure_url.replace("ironic", user)
        conf = self._secure(site.conf(url), stream, sasl_mechanism=mechanism)
        assert service.check(conf) == service.doubts(conf) == []
        site.start(conf).await_messages(numbered(5))

    def test_a_wrong_password_is_named(self, site, stream):
        url = stream.kafka.secure_url.replace("secret", "hush")
        conf = self._secure(site.conf(url), stream)
        with pytest.raises(Refused) as error:
            site.broker(conf).waiting()
        place = f"{stream.kafka.secure_place} ([listener] transport)"
        text = f"Kafka refuses the user ironic at {place}: "
        assert str(error.value).startswith(text)
        assert "hush" not in str(error.value)
        (sentence,) = service.check(conf)
        assert sentence.startswith(f"the message bus of north: {text}")

    def test_a_group_that_is_not_for_us_is_named(self, site, stream):
        stream.create()
        deny = AclBinding(
            *(ResourceType.GROUP, stream.pool, ResourcePatternType.LITERAL),
            *("User:ironic", "*", AclOperation.ALL, AclPermissionType.DENY),
        )
        admin = stream.kafka.admin()
        (future,) = admin.create_acls([deny]).values()
        future.result(30)
        conf = self._secure(site.conf(stream.kafka.secure_url), stream)
        broker = site.broker(conf)
        error = wait_for(
            "Kafka to apply the rule",
            lambda: _error(broker),
            lambda error: isinstance(error, Refused),
        )
        place = f"{stream.kafka.secure_place} ([listener] transport)"
        assert str(error).startswith(
            f"Kafka refuses the user ironic at {place}: "
        )
        assert "Group authorization failed" in str(error)

    def _secure(self, conf, stream, **options):
        options = {
            "security_protocol": "SASL_SSL",
            "ssl_cafile": stream.kafka.ca,
            **options,
        }
        for name, value in options.items():
            conf.set_override(name, value, "oslo_messaging_kafka")
        return conf

    def test_one_of_several_brokers_is_enough(self, site, stream):
        stream.create()
        stream.send(numbered(5))
        netloc = urllib.parse.urlsplit(stream.kafka.url).netloc
        conf = site.conf(f"kafka://127.0.0.1:9,{netloc}/")
        assert service.check(conf) == []
        site.start(conf).await_messages(numbered(5))


def _error(broker):
    try:
        broker.waiting()
    except ConnectionError as exc:
        return exc
    return None
