"""What our options and a transport URL mean to a client of Kafka."""

import builtins
import logging

import pytest

from concertim_api import bootstrap
from concertim_api.domain.errors import Invalid
from concertim_api.listener import kafka_settings, service
from concertim_api.messaging import oslo_messaging

URL = "kafka://ironic:hush@one:9092,ironic:hush@[::1]:9093/"


class Configured:
    """A configuration, and the bus that a URL names in it."""

    def __init__(self, url=URL, **options):
        self.conf = bootstrap.configure(default_config_files=[])
        self.conf.set_override("transport", [f"north={url}"], "listener")
        for name, value in options.items():
            self.conf.set_override(name, value, "listener")
        self.bus = oslo_messaging.TransportURL.parse(self.conf, url)

    def set_kafka(self, **options):
        kafka_settings.check(self.conf, self.bus, "transport_url")
        for name, value in options.items():
            self.conf.set_override(name, value, "oslo_messaging_kafka")
        return self

    def consumer(self):
        return kafka_settings.consumer(self.conf, self.bus)

    def names(self):
        return [*kafka_settings.topics(self.conf, self.bus).values()]


def test_what_keeps_notifications_can_not_be_replaced():
    consumer = Configured(
        kafka_properties={
            "enable.auto.commit": "true",
            "auto.offset.reset": "latest",
            "group.id": "another",
            "session.timeout.ms": "6000",
        }
    )
    properties = consumer.set_kafka().consumer()
    assert properties["enable.auto.commit"] is False
    assert properties["enable.auto.offset.store"] is False
    assert properties["auto.offset.reset"] == "earliest"
    assert properties["group.id"] == "concertim"
    assert properties["session.timeout.ms"] == "6000"
    assert properties["bootstrap.servers"] == "one:9092,[::1]:9093"


def test_without_a_password_none_is_handed_over():
    properties = Configured().set_kafka().consumer()
    assert properties["security.protocol"] == "PLAINTEXT"
    assert not [n for n in properties if n.startswith(("sasl.", "ssl."))]


def test_the_options_of_oslo_messaging_are_taken():
    properties = (
        Configured()
        .set_kafka(
            security_protocol="SASL_SSL",
            sasl_mechanism="SCRAM-SHA-256",
            ssl_cafile="/etc/ca.pem",
            kafka_max_fetch_bytes=2048,
        )
        .consumer()
    )
    assert (
        properties.items()
        >= {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-256",
            "sasl.username": "ironic",
            "sasl.password": "hush",
            "ssl.ca.location": "/etc/ca.pem",
            "max.partition.fetch.bytes": 2048,
        }.items()
    )
    assert "ssl.key.location" not in properties


def test_the_query_of_a_url_replaces_options():
    url = URL + "?security_protocol=SASL_PLAINTEXT&sasl_mechanism=PLAIN"
    properties = Configured(url).set_kafka(sasl_mechanism="X").consumer()
    assert properties["security.protocol"] == "SASL_PLAINTEXT"
    assert properties["sasl.mechanism"] == "PLAIN"


@pytest.mark.parametrize(
    ("path", "suffix"), [("", ""), ("north", ".north"), ("a/b", ".a/b")]
)
def test_the_topics_are_those_that_notifiers_write_to(path, suffix):
    configured = Configured(f"kafka://one:9092/{path}", topics=["a", "^b.*"])
    names = [f"a.{name}{suffix}" for name in ("info", "warn", "error")]
    assert configured.names() == [names, ["^b.*"]]


def test_a_pattern_is_of_whole_names():
    names = ["a.info", "ironic-north.info", "ironic-north.warn"]
    pattern = r"^ironic-.*\.info$"
    assert kafka_settings.matches(pattern, names) == ["ironic-north.info"]
    assert kafka_settings.matches("a.info", names) == ["a.info"]
    assert kafka_settings.matches("a", names) == []


@pytest.mark.parametrize(
    ("url", "options", "complaint"),
    [
        ("kafka://one/", {}, "[listener] transport: name each host"),
        ("kafka://one:9092,two/", {}, "[listener] transport: name each host"),
        ("kafka:///", {}, "[listener] transport: name each host"),
        (URL, {"topics": ["^("]}, "[listener] topics: ^("),
        (
            f"{URL}?security_protocol=SSL&ssl_cafile=/no/ca.pem",
            {},
            "[oslo_messaging_kafka] ssl_cafile: no file /no/ca.pem",
        ),
    ],
)
def test_what_can_not_work_is_refused_by_option(url, options, complaint):
    configured = Configured(url, **options)
    with pytest.raises(Invalid) as error:
        list(service.places(configured.conf))
    assert str(error.value).startswith(complaint)
    assert "hush" not in str(error.value)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^a-\d\.info$",
        r"^a-[\w]+$",
        r"^a[.\]]",
        r"^a\.info\Z",
        "^(?:a)",
        "^a(?!b)",
        "^a.+?$",
        "^a-[[:alpha:]]+$",
    ],
)
def test_a_pattern_that_kafka_reads_otherwise_is_refused(pattern):
    """Else the listener would name topics that it does not read."""
    configured = Configured(URL, topics=[pattern])
    with pytest.raises(Invalid, match="POSIX"):
        list(service.places(configured.conf))


@pytest.mark.parametrize(
    "pattern",
    [
        r"^ironic-[a-z]+\.(info|error)$",
        "^a[^-.]{1,2}[+*?]*b?$",
        r"^\^a\[b\]\?$",
    ],
)
def test_a_pattern_that_both_read_alike_is_taken(pattern):
    list(service.places(Configured(URL, topics=[pattern]).conf))


def test_a_missing_library_is_named_with_its_package(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("confluent_kafka"):
            raise ImportError(f"No module named {name!r}")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Invalid) as error:
        list(service.places(Configured().conf))
    assert str(error.value) == (
        "[listener] transport: kafka:// needs a library (No module named "
        "'confluent_kafka'): pip install 'concertim-api[kafka]'"
    )


def test_what_the_library_refuses_is_named():
    configured = Configured(kafka_properties={"no.such": "1"})
    with pytest.raises(Invalid) as error:
        service.check(configured.conf)
    assert str(error.value) == (
        "[oslo_messaging_kafka] or [listener] kafka_properties: "
        'No such configuration property: "no.such"'
    )


def test_the_reason_why_nobody_answers_is_named():
    """Nobody listens at port 1."""
    configured = Configured("kafka://127.0.0.1:1/")
    (url,) = service.buses(configured.conf).values()
    broker = service.region_broker(configured.conf, url, timeout=0.1)
    with pytest.raises(ConnectionError, match="Connection refused") as error:
        broker.check()
    assert str(error.value).startswith(
        "Kafka does not answer at 127.0.0.1:1 ([listener] transport): "
    )


def test_a_user_that_is_not_used_is_named():
    assert service.doubts(Configured().conf) == [
        "[oslo_messaging_kafka] security_protocol is PLAINTEXT: the user in "
        "the URL of one:9092,[::1]:9093 is not used"
    ]
    assert service.doubts(Configured("kafka://one:9092/").conf) == []


def test_the_driver_of_oslo_messaging_is_doubted():
    configured = Configured("kafka://one:9092/", oslo_kafka_driver=True)
    (doubt,) = service.doubts(configured.conf)
    assert doubt.startswith("[listener] oslo_kafka_driver: what is fetched")


def test_the_library_logs_some_lines_a_second_and_counts_the_others():
    now = [10.0]
    limit = kafka_settings.Limit(2, lambda: now[0])

    def passes(text):
        record = logging.makeLogRecord({"msg": "%s", "args": (text,)})
        return record.getMessage() if limit.filter(record) else None

    fails = [f"FAIL {number}" for number in range(6)]
    lines = [passes(text) for text in fails[:4]]
    assert lines == ["FAIL 0", "FAIL 1", None, None]
    # Of a region that is down; this is of another one.
    lost = "OFFSET reset: Broker: Offset out of range"
    assert passes(lost) == lost
    now[0] = 11.2
    lines = [passes(text) for text in fails[4:]]
    assert lines == ["FAIL 4 (2 lines left out)", "FAIL 5"]
