"""What is committed, and what is read again: functions of the messages."""

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.listener import kafka_server as kafka
from tests.waiting import wait_for

PLACES = st.tuples(
    st.sampled_from(["a.info", "b.info"]), st.integers(0, 2), st.integers(0, 9)
)


class Message:
    """A message of the library: old releases let nobody make one."""

    def __init__(self, **fields):
        self._fields = {"headers": None, **fields}

    def __getattr__(self, name):
        return lambda: self._fields[name]

    def __len__(self):
        return len(self._fields.get("value") or b"")


def messages(places):
    return [Message(topic=t, partition=p, offset=o) for t, p, o in places]


@given(st.lists(PLACES))
def test_each_partition_is_read_again_from_its_first_message(places):
    starts = kafka.starts(messages(places))
    assert starts.keys() == {(t, p) for t, p, _ in places}
    for topic, partition, offset in places:
        assert starts[topic, partition] <= offset
        assert (topic, partition, starts[topic, partition]) in places


@given(st.lists(PLACES))
def test_what_is_committed_is_next_to_the_last_message(places):
    ends = kafka.ends(messages(places))
    assert ends.keys() == {(t, p) for t, p, _ in places}
    for topic, partition, offset in places:
        assert offset < ends[topic, partition]
        assert (topic, partition, ends[topic, partition] - 1) in places


def test_the_dispatcher_is_handed_the_topic_and_the_headers():
    incoming = kafka.incoming(
        Message(
            topic="a.info.north",
            value=b'{"event_type": "x", "_context": {}}',
            headers=[("region", b"north"), ("none", None), ("odd", b"\xff")],
        )
    )
    assert incoming.message == {"event_type": "x"}
    assert incoming.topic == "a.info.north"
    assert incoming.headers == {"region": "north", "none": "", "odd": "\ufffd"}
    assert {incoming}, "the dispatcher returns sets of them"


def test_headers_that_the_library_can_not_read_are_none():
    """It raises SystemError if the name of one is not UTF-8."""

    class OddlyNamed(Message):
        def headers(self):
            raise SystemError

    incoming = kafka.incoming(OddlyNamed(topic="a.info", value=b"{}"))
    assert (incoming.message, incoming.headers) == ({}, {})


class Consumer:
    """A consumer that fails, as long as there are errors."""

    answers = []
    errors = []
    partitions = []
    closed = 0

    def __init__(self, properties):
        self.properties = properties

    def subscribe(self, topics, **callbacks):
        pass

    def poll(self, timeout):
        if self.errors:
            raise self.errors.pop()
        return self.answers.pop(0) if self.answers else None

    def commit(self, offsets, asynchronous):
        return offsets

    def assignment(self):
        return self.partitions

    def close(self):
        type(self).closed += 1


@pytest.mark.parametrize(
    ("code", "level"),
    [
        # A topic that does not exist is no fault: it is waited for.
        (KafkaError.UNKNOWN_TOPIC_OR_PART, "INFO"),
        (KafkaError.INVALID_SESSION_TIMEOUT, "WARNING"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "WARNING"),
        (KafkaError.GROUP_MAX_SIZE_REACHED, "WARNING"),
    ],
)
def test_what_keeps_us_from_reading_is_a_warning(
    code, level, monkeypatch, caplog
):
    errors = [Message(topic="a", error=KafkaError(code))]
    monkeypatch.setattr(Consumer, "answers", errors)
    monkeypatch.setattr(kafka, "Consumer", Consumer)
    server = kafka.KafkaServer({}, ["a"], None, 10, 0.01)
    with caplog.at_level("INFO"):
        server.start()
        wait_for("a line of the log", lambda: caplog.records, bool)
        server.stop()
        server.wait()
    assert [record.levelname for record in caplog.records] == [level]


REFUSAL = Message(topic=None, error=KafkaError(26))  # its session's time


@pytest.mark.parametrize(
    ("fetched", "partitions", "problem"),
    [
        ([REFUSAL], [], "our group: Broker: Invalid session timeout"),
        # What it reads, it may read.
        ([REFUSAL], [TopicPartition("a", 0)], None),
        ([REFUSAL, Message(error=None)], [], None),
        ([Message(topic="a", error=KafkaError(29))], [], None),
        # A broker that is away.
        ([Message(topic=None, error=KafkaError(-187))], [], None),
    ],
)
def test_what_keeps_us_out_of_our_group_is_known(
    fetched, partitions, problem, monkeypatch
):
    monkeypatch.setattr(Consumer, "partitions", partitions)
    server = kafka.KafkaServer({}, ["a"], None, 10, 0.01)
    server._note(Consumer({}), fetched)
    assert server.problem == problem


def test_who_is_let_in_has_no_problem():
    server = kafka.KafkaServer({}, ["a"], None, 10, 0.01)
    server.problem = "our group: Broker: Invalid session timeout"
    server._begin(Consumer({}), [])
    assert server.problem is None


def test_a_consumer_that_fails_is_replaced(monkeypatch, caplog):
    errors = [ZeroDivisionError("a fault"), KafkaException(KafkaError(-1))]
    monkeypatch.setattr(Consumer, "errors", errors)
    monkeypatch.setattr(Consumer, "closed", 0)
    monkeypatch.setattr(kafka, "Consumer", Consumer)
    monkeypatch.setattr(kafka, "_PAUSE", 0.01)
    server = kafka.KafkaServer({}, ["a"], None, 10, 0.01)
    server.start()
    wait_for("the third consumer", lambda: Consumer.closed, (2).__eq__)
    server.stop()
    server.wait()
    assert Consumer.closed == 3
    assert caplog.text.count("The consumer of Kafka failed") == 2


class Dispatcher:
    """Keeps the batches that it gets."""

    def __init__(self):
        self.batches = []

    def dispatch(self, incoming):
        self.batches.append([each.message for each in incoming])
        return set()


def test_a_batch_has_few_large_messages(monkeypatch):
    """Else it could have more than the memory, again and again."""
    monkeypatch.setattr(kafka, "_LARGEST", 10)
    monkeypatch.setattr(kafka, "Consumer", Consumer)
    values = [b"1234", b"1234", b"1234", b"12345678901234", b"1", b"2", b"3"]
    answers = [
        Message(topic="a", partition=0, offset=n, value=value, error=None)
        for n, value in enumerate(values)
    ]
    monkeypatch.setattr(Consumer, "answers", answers)
    dispatcher = Dispatcher()
    server = kafka.KafkaServer({}, ["a"], dispatcher, 4, 0.01)
    server.start()
    wait_for(
        "all batches", lambda: sum(map(len, dispatcher.batches)), (7).__eq__
    )
    server.stop()
    server.wait()
    assert [len(batch) for batch in dispatcher.batches] == [3, 1, 3]


class Losing(Consumer):
    """A consumer whose partition is given away while it fetches a batch."""

    committed = []

    def subscribe(self, topics, **callbacks):
        self.lose = callbacks["on_revoke"]

    def poll(self, timeout):
        message = super().poll(timeout)
        if message is not None and message.offset() == 1:
            self.lose(self, [TopicPartition("a", 0)])
        return message

    def resume(self, partitions):
        pass

    def assignment(self):
        return []

    def commit(self, offsets, asynchronous):
        self.committed += offsets
        return offsets


def test_what_was_given_away_while_it_was_fetched_is_not_committed(
    monkeypatch,
):
    answers = [
        Message(topic="a", partition=0, offset=n, value=b"{}", error=None)
        for n in range(3)
    ]
    monkeypatch.setattr(Losing, "answers", answers)
    monkeypatch.setattr(Losing, "committed", [])
    monkeypatch.setattr(kafka, "Consumer", Losing)
    dispatcher = Dispatcher()
    server = kafka.KafkaServer({}, ["a"], dispatcher, 3, 0.01)
    server.start()
    wait_for("the batch", lambda: dispatcher.batches)
    server.stop()
    server.wait()
    assert Losing.committed == []
