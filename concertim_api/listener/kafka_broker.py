"""Kafka as the broker of a region: whether it takes us, and our lag."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from time import monotonic
from typing import TypeVar

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    OFFSET_INVALID,
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from oslo_config import cfg

from concertim_api import kafka
from concertim_api.domain.errors import Invalid
from concertim_api.listener import kafka_settings
from concertim_api.listener.broker import Refused
from concertim_api.messaging import oslo_messaging

LOG = logging.getLogger(__name__)

#: Of a wrong password, and of what is not for our user.
_REFUSALS = {
    KafkaError._AUTHENTICATION,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
}

#: Seconds that a broker has to answer before it is asked again, and between.
_STEP, _PAUSE = 0.5, 0.1

_Partition = tuple[str, int]
_Answer = TypeVar("_Answer")


class KafkaBroker:
    """Our group at the brokers of a bus. One thread uses it.

    ``option`` names what has their addresses. ``timeout`` in seconds, of each
    request. It asks by a consumer that never joins the group: librdkafka 2.16
    dies if an AdminClient asks for offsets while their coordinator moves.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        bus: oslo_messaging.TransportURL,
        option: str,
        timeout: float = 3.0,
    ) -> None:
        self._topics = kafka_settings.topics(conf, bus)
        self._properties = {
            **kafka_settings.consumer(conf, bus),
            "error_cb": self._note,
        }
        self._place = f"{kafka.places(bus)} ({option})"
        self._timeout = timeout
        self._client: Consumer | None = None
        self._cause: KafkaError | None = None

    def check(self) -> list[str]:
        """Return a doubt about topics that do not exist; see ``Broker``.

        1 request.
        """
        try:
            names = self._request(self._names)
        finally:
            self.close()
        missing = [
            entry
            for entry, topics in self._topics.items()
            if not any(kafka_settings.matches(t, names) for t in topics)
        ]
        if not missing:
            return []
        return [
            f"[listener] topics: Kafka at {self._place} shows our user no "
            f"topic of {', '.join(missing)}: they are read when they appear"
        ]

    def waiting(self) -> int | None:
        """Return the lag of our group: how many messages it has not stored.

        None: none of our topics exists, or a partition has no leader just
        now: that keeps nobody from reading the others. 4 requests, whatever
        the number of partitions. See ``Broker``.
        """
        names = self._request(self._names)
        try:
            return self._request(lambda client: self._lag(client, names))
        except Refused:
            raise
        except ConnectionError as exc:
            LOG.info("The lag is not known: %s", exc)
            return None

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    def _request(self, request: Callable[[Consumer], _Answer]) -> _Answer:
        """Ask again until the time is over: leaders and coordinators move."""
        self._cause = None
        if self._client is None:
            self._client = self._new_client()
        end = monotonic() + self._timeout
        while True:
            self._poll(self._client)
            try:
                return request(self._client)
            except KafkaException as exc:
                error: KafkaError = exc.args[0]
            self._poll(self._client, _PAUSE)
            self._note(error)  # last: it is seldom the cause
            cause = self._cause
            is_over = monotonic() >= end
            if cause is not None and (is_over or _is_refusal(cause)):
                self.close()
                raise self._complaint(cause)

    def _new_client(self) -> Consumer:
        """Raises Invalid if the library refuses what our options say."""
        try:
            return Consumer(self._properties)
        except KafkaException as exc:
            raise Invalid(
                "[oslo_messaging_kafka] or [listener] kafka_properties",
                exc.args[0].str(),
            ) from None

    def _poll(self, client: Consumer, timeout: float = 0.0) -> None:
        """Let the library log, and say by whom we are refused.

        It reports a refusal of the user by ``_note``, and one of the group as
        a message.
        """
        message = client.poll(timeout)
        error = message.error() if message is not None else None
        if error is not None:
            self._note(error)

    def _note(self, error: KafkaError) -> None:
        """Keep the first error, which is the cause of others, or a refusal."""
        if self._cause is None or _is_refusal(error):
            self._cause = error

    def _complaint(self, cause: KafkaError) -> ConnectionError:
        """Return an error with what there is to do; never the password."""
        if not _is_refusal(cause):
            return ConnectionError(
                f"Kafka does not answer at {self._place}: {cause.str()}"
            )
        user = self._properties.get("sasl.username", "without a name")
        return Refused(
            f"Kafka refuses the user {user} at {self._place}: {cause.str()}"
        )

    def _names(self, client: Consumer) -> dict[str, Sequence[int]]:
        """Return the topics of the broker, with their partitions.

        Nothing else shows a refusal of the user, so the step is short.
        """
        topics = client.list_topics(timeout=_STEP).topics
        return {name: list(topics[name].partitions) for name in topics}

    def _lag(
        self, client: Consumer, names: Mapping[str, Sequence[int]]
    ) -> int | None:
        partitions = {
            (name, number)
            for topics in self._topics.values()
            for topic in topics
            for name in kafka_settings.matches(topic, names)
            for number in names[name]
        }
        if not partitions:
            return None
        committed = _offsets(
            client.committed(_places(partitions), timeout=self._timeout)
        )
        ends = self._listed(client, partitions, OFFSET_END)
        fresh = partitions - committed.keys()
        starts = committed | self._listed(client, fresh, OFFSET_BEGINNING)
        return sum(max(ends[each] - starts[each], 0) for each in partitions)

    def _listed(
        self, client: Consumer, partitions: Collection[_Partition], moment: int
    ) -> dict[_Partition, int]:
        """Return the first or the next offset of each partition.

        To Kafka these are moments: -2 and -1 among the times.
        """
        if not partitions:
            return {}
        request = _places(partitions, moment)
        return _offsets(
            client.offsets_for_times(request, timeout=self._timeout)
        )


def _is_refusal(error: KafkaError) -> bool:
    return error.code() in _REFUSALS


def _places(
    partitions: Collection[_Partition], offset: int = OFFSET_INVALID
) -> list[TopicPartition]:
    return [TopicPartition(*each, offset) for each in partitions]


def _offsets(answer: Collection[TopicPartition]) -> dict[_Partition, int]:
    """Return the offsets that there are. Raises KafkaException."""
    for each in answer:
        if each.error is not None:
            raise KafkaException(each.error)
    return {
        (each.topic, each.partition): each.offset
        for each in answer
        if each.offset >= 0
    }
