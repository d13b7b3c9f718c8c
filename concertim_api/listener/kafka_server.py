"""A consumer of Kafka that commits an offset after what it stands for.

oslo.messaging's driver commits when it has fetched. Here the order is: fetch
a batch, store it in one transaction, commit its offsets.
"""

from __future__ import annotations

import contextlib
import dataclasses as dc
import itertools
import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent import futures
from time import monotonic
from typing import Any

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from oslo_config import cfg

from concertim_api.listener import kafka_settings
from concertim_api.listener.decoding import decode
from concertim_api.listener.intake import Dispatcher
from concertim_api.messaging import oslo_messaging

LOG = logging.getLogger(__name__)

#: Seconds until a batch that is not stored yet lets the consumer pause: it
#: shows the group that it lives, and fetches no more. And between two signs.
_PATIENCE = 1.0

#: Seconds before a new consumer replaces one that failed.
_PAUSE = 5.0

#: Bytes of a batch, beyond which no message is added.
_LARGEST = 16 * 1024 * 1024

#: A partition -> an offset in it.
Positions = Mapping[tuple[str, int], int]


@dc.dataclass(slots=True, eq=False)
class Incoming:
    """A message as the dispatcher takes it."""

    message: object
    topic: str
    headers: Mapping[str, str]


class KafkaServer:
    """Gives a dispatcher the batches of one bus, in a thread of its own.

    ``properties``: those of librdkafka. A batch has at most ``size`` messages,
    or 16 MiB and one message, and is waited for ``timeout`` seconds. While a
    batch can't be stored, the consumer pauses and stays in its group; nothing
    is committed. What the dispatcher returns is fetched again. ``problem``:
    why the group does not let it read; None: it does, or nobody knows yet.

    Requests: one commit for each batch.
    """

    def __init__(
        self,
        properties: Mapping[str, Any],
        topics: Sequence[str],
        dispatcher: Dispatcher,
        size: int,
        timeout: float,
    ) -> None:
        self._properties = dict(properties)
        self._topics = list(topics)
        self._dispatcher = dispatcher
        self._size = size
        self._timeout = timeout
        self._stored: dict[tuple[str, int], int] = {}
        self._is_moved = False
        self.problem: str | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._loop, name="Kafka", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to finish its batch; ``wait`` waits for that."""
        self._stopping.set()

    def wait(self) -> None:
        self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except Exception:  # of the library or ours; a new one goes on
                LOG.exception("The consumer of Kafka failed")
                self._stopping.wait(_PAUSE)

    def _listen(self) -> None:
        self._stored.clear()
        consumer = Consumer(self._properties)
        with (
            contextlib.closing(consumer),
            futures.ThreadPoolExecutor(1, "store") as executor,
        ):
            consumer.subscribe(
                self._topics,
                on_assign=self._begin,
                on_revoke=self._give_up,
                on_lost=self._lose,
            )
            while not self._stopping.is_set():
                self._turn(consumer, executor)

    def _turn(self, consumer: Consumer, executor: futures.Executor) -> None:
        """Fetch a batch, store it, and commit its offsets."""
        self._is_moved = False  # a batch may lose a partition as it is fetched
        fetched = self._batch(consumer)
        self._note(consumer, fetched)
        messages = _whole(fetched)
        if messages:
            batch = [incoming(message) for message in messages]
            future = executor.submit(self._dispatcher.dispatch, batch)
            self._await(consumer, future)
            if self._is_moved:
                _begin_again(consumer)
            elif future.result():
                _rewind(consumer, messages)
            else:
                self._stored |= ends(messages)
        self._commit(consumer)

    def _note(self, consumer: Consumer, fetched: Iterable[Message]) -> None:
        """Note why Kafka does not let us into our group.

        An error of a topic is of that topic only; of a broker that is away
        (a code of the library, below 0) the bus hears by itself.
        """
        for message in fetched:
            error = message.error()
            if error is None:
                self.problem = None
            elif error.code() > 0 and not message.topic():
                is_in = bool(consumer.assignment())
                self.problem = None if is_in else f"our group: {error.str()}"

    def _batch(self, consumer: Consumer) -> list[Message]:
        """Return the next messages, and errors."""
        messages: list[Message] = []
        size, end = 0, monotonic() + self._timeout
        while len(messages) < self._size and size < _LARGEST:
            message = consumer.poll(max(end - monotonic(), 0))
            if message is None:
                break
            messages.append(message)
            size += len(message)
        return messages

    def _await(
        self, consumer: Consumer, future: futures.Future[set[Any]]
    ) -> None:
        """Wait until a batch is stored or returned.

        If that takes long, the consumer pauses, and polls so that the group
        keeps it. The group may move partitions meanwhile.
        """
        if futures.wait([future], _PATIENCE).done:
            return
        while not futures.wait([future], _PATIENCE).done:
            consumer.pause(consumer.assignment())
            message = consumer.poll(0)
            if message is not None and _whole([message]):
                self._is_moved = True
        consumer.resume(consumer.assignment())

    def _commit(self, consumer: Consumer) -> None:
        """Commit the offsets of what is stored.

        If that fails, they wait for the next turn: what is fetched twice is
        stored once.
        """
        if not self._stored:
            return
        offsets = [
            TopicPartition(topic, partition, offset)
            for (topic, partition), offset in self._stored.items()
        ]
        try:
            results = consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as exc:
            LOG.warning("Kafka did not take our offsets yet: %s", _text(exc))
            return
        for result in results:
            if result.error is None:
                self._stored.pop((result.topic, result.partition), None)
            else:
                LOG.warning(
                    "Kafka did not take our offset of %s[%d] yet: %s",
                    result.topic,
                    result.partition,
                    result.error,
                )

    def _begin(
        self, consumer: Consumer, partitions: list[TopicPartition]
    ) -> None:
        self.problem = None
        LOG.info("Reading %s", _names(partitions))

    def _give_up(
        self, consumer: Consumer, partitions: list[TopicPartition]
    ) -> None:
        """Commit what is stored, before others get these partitions."""
        self._commit(consumer)
        self._lose(consumer, partitions)

    def _lose(
        self, consumer: Consumer, partitions: list[TopicPartition]
    ) -> None:
        """Commit nothing more of partitions that may be others' now."""
        LOG.info("No longer reading %s", _names(partitions))
        self._is_moved = True
        consumer.resume(partitions)  # a pause would outlive this
        for each in partitions:
            self._stored.pop((each.topic, each.partition), None)


def server(
    conf: cfg.ConfigOpts,
    bus: oslo_messaging.TransportURL,
    dispatcher: Dispatcher,
) -> KafkaServer:
    """Return a server that gives a dispatcher the batches of one bus.

    It is not started.
    """
    names = itertools.chain(*kafka_settings.topics(conf, bus).values())
    return KafkaServer(
        kafka_settings.consumer(conf, bus),
        # librdkafka refuses a name that is there twice.
        list(dict.fromkeys(names)),
        dispatcher,
        conf.listener.batch_size,
        conf.listener.batch_timeout,
    )


def incoming(message: Message) -> Incoming:
    """Return a message as the dispatcher takes it."""
    return Incoming(
        decode(message.value()), message.topic() or "", _headers(message)
    )


def _headers(message: Message) -> Mapping[str, str]:
    """Return the headers of a message; none if one can't be read."""
    try:
        headers: Any = message.headers() or ()
    except SystemError:  # of the library: the name of one is not UTF-8
        return {}
    return {
        name: (value or b"").decode("utf-8", "replace")
        for name, value in headers
    }


def starts(messages: Iterable[Message]) -> Positions:
    """Return where each partition is to be read again."""
    return _positions(messages, min)


def ends(messages: Iterable[Message]) -> Positions:
    """Return where each partition is to be read on: what is committed."""
    return {
        partition: offset + 1
        for partition, offset in _positions(messages, max).items()
    }


def _positions(messages: Iterable[Message], better: Any) -> Positions:
    positions: dict[tuple[str, int], int] = {}
    for message in messages:
        place: Any = message.topic(), message.partition()
        offset = message.offset()
        positions[place] = better(positions.get(place, offset), offset)
    return positions


def _whole(messages: Iterable[Message]) -> list[Message]:
    """Return those that are messages; log those that are errors."""
    whole = []
    for message in messages:
        error = message.error()
        if error is None:
            whole.append(message)
        else:
            _log(error, message.topic())
    return whole


def _log(error: KafkaError, topic: str | None) -> None:
    """Log what keeps us from reading; a missing topic is waited for."""
    is_missing = error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART
    level = logging.INFO if is_missing else logging.WARNING
    LOG.log(level, "Kafka, %s: %s", topic or "our group", error.str())


def _rewind(consumer: Consumer, messages: Iterable[Message]) -> None:
    """Have messages fetched again."""
    for (topic, partition), offset in starts(messages).items():
        consumer.seek(TopicPartition(topic, partition, offset))


def _begin_again(consumer: Consumer) -> None:
    """Have each partition read on from its committed offset: the group has
    moved partitions while nobody took their messages."""
    current = consumer.assignment()
    if current:
        consumer.assign(
            [TopicPartition(p.topic, p.partition) for p in current]
        )


def _names(partitions: Iterable[TopicPartition]) -> str:
    names = [f"{each.topic}[{each.partition}]" for each in partitions]
    return ", ".join(sorted(names)) or "no partition"


def _text(exc: KafkaException) -> str:
    return str(exc.args[0].str())
