"""The way in for each notification: translate it, then record or bury it.

The dispatcher gets the batches of oslo.messaging, and holds one while the
database is away. The intake stores them; the replay of files uses it, too.
"""

from __future__ import annotations

import collections
import dataclasses as dc
import itertools
import logging
import operator
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple, Protocol

import orjson
from oslo_utils import strutils

from concertim_api.domain import errors
from concertim_api.domain.ledger.archives import ArchiveRecord
from concertim_api.domain.ledger.observations import Observation
from concertim_api.domain.ledger.region_rules import Origin, RegionRules
from concertim_api.domain.storable import storable
from concertim_api.domain.waits import backoff
from concertim_api.listener.translate import Translator, digest
from concertim_api.payloads import archives
from concertim_api.services.common.ports import Clock, Database
from concertim_api.services.ledger.dead_letters import bury, without_message
from concertim_api.services.ledger.ports import (
    DeadLetter,
    LetterBox,
    RefreshRequests,
)
from concertim_api.services.ledger.recorder import Recorder, in_parts

LOG = logging.getLogger(__name__)

Message = Mapping[str, Any]


@dc.dataclass(slots=True)
class Counts:
    """What became of notifications: each one is in one of these numbers.

    ``known``: all its observations were recorded before. ``unlisted``: its
    event has neither a row nor a reason to be ignored. ``ahead`` is of the
    new ones: they were dated later than they came, and brought back.
    """

    new: int = 0
    known: int = 0
    ignored: int = 0
    unlisted: int = 0
    dead: int = 0
    ahead: int = 0

    def __add__(self, other: Counts) -> Counts:
        pairs = zip(dc.astuple(self), dc.astuple(other), strict=True)
        return Counts(*itertools.starmap(operator.add, pairs))

    def __str__(self) -> str:
        ahead = f" ({self.ahead} dated ahead)" if self.ahead else ""
        return (
            f"{self.new} new{ahead}, {self.known} known, {self.ignored} "
            f"ignored, {self.unlisted} unlisted, {self.dead} dead"
        )


class Delivery(NamedTuple):
    """A notification, and when it came to us by our own clock.

    ``region`` "": the rules of the operator refuse it. ``rule``: the one that
    decided the region. ``origin`` None: it is of a file.
    """

    message: Message
    received_at: datetime
    region: str
    rule: str | None = None
    origin: Origin | None = None


_MICROSECOND = timedelta(microseconds=1)

#: A notification and its observations.
_Translated = tuple[Delivery, list[Observation]]

#: A notification that became none, and why.
_Refused = tuple[Delivery, Exception]


#: Tries to store a notification alone before it is buried, if the database
#: answers between them.
_TRIES = 3

#: Types of events that nobody foresaw, and publishers with a wrong clock, of
#: which a warning is logged.
_WARNINGS = 100

_UNLISTED = (
    "Event %r is not listed: no row of the event table records or ignores it. "
    "If it is about usage, this usage is missing."
)
_AHEAD = (
    "The clock of %r is ahead: its notifications count as of a minute after "
    "they came, at the latest."
)

#: Bytes in the JSON of a dead letter.
_LARGEST = 1024 * 1024

#: Seconds before the next try, at most, if a batch can not be stored although
#: the database answers.
_PAUSE = 30.0

#: The names of headers whose values are no region, and perhaps a secret.
_SECRET = re.compile("auth|cookie|credential|key", re.IGNORECASE)

#: Headers of a dead letter, and characters of each, at most.
_HEADERS, _LONGEST_HEADER = 100, 255

#: Region -> what became of its notifications; "": those that were refused.
Results = Mapping[str, Counts]

#: Stores notifications. Raises Unavailable.
Take = Callable[[Sequence[Delivery]], Results]


class BatchMeter(Protocol):
    """Measures what becomes of batches."""

    def listens(self, transport: str) -> None:
        """Expect batches of a transport."""

    def stored(self, transport: str, number: int, seconds: float) -> None:
        """Count a stored batch."""

    def taken(
        self,
        region: str,
        messages: Sequence[Message],
        counts: Mapping[str, int],
    ) -> None:
        """Count a region's part of a stored batch. ``counts``: the fields of
        ``Counts``."""

    def returned(self, transport: str, number: int) -> None:
        """Count notifications that go back to the broker."""


class Dispatcher:
    """Stores the batches of one message bus.

    It replaces oslo.messaging's dispatcher, which splits a batch by priority
    and, for one malformed message, requeues all of it for ever.
    ``transport``: the name of the bus, and the region of its notifications
    unless the operator has rules. ``wait``, ``wait_max``: seconds, see
    ``dispatch``. ``vhost``: that of the bus's URL. ``stored_at``: when it
    last stored a batch.
    """

    #: Services send failures at "error", all else at "info".
    supported_priorities = ("info", "warn", "error")

    def __init__(
        self,
        intake: Intake,
        transport: str,
        wait: float = 1.0,
        wait_max: float = 120.0,
        meter: BatchMeter | None = None,
        vhost: str = "",
    ) -> None:
        self._intake = intake
        self._meter = meter
        self._transport = transport
        self._origin = Origin(transport, vhost)
        self._wait = wait
        self._wait_max = wait_max
        self._stopping = threading.Event()
        self.total = Counts()
        self.stored_at: datetime | None = None
        if meter is not None:
            meter.listens(transport)

    def dispatch(self, incoming: Sequence[Any]) -> set[Any]:
        """Store a batch; return the messages to deliver again.

        These are none of them; or all, if they could not be stored in
        ``wait_max`` seconds, or if the listener stops. The others are
        acknowledged, after the commit. While the database is away it is
        asked every ``wait`` seconds. If it answers and refuses the batch
        twice, the messages are stored one by one. Raises nothing.
        """
        batch = self._intake.delivered(map(self._arrival, incoming))
        if self._stored(batch):
            return set()
        if self._meter is not None:
            self._meter.returned(self._transport, len(batch))
        return set(incoming)

    def _arrival(self, incoming: Any) -> tuple[Message, Origin]:
        """Return the message of what a server received, and its origin."""
        message, origin = incoming.message, self._origin
        topic = getattr(incoming, "topic", None)  # oslo.messaging's has none
        if topic is not None:
            origin = origin._replace(topic=topic, headers=incoming.headers)
        if not isinstance(message, dict):
            message = {"message": message}
        return message, origin

    def _stored(self, deliveries: Sequence[Delivery]) -> bool:
        """Store a batch; return False if that took too long."""
        failure = self._failure(deliveries, self._intake.take)
        if not failure:
            return True
        began, batch = monotonic(), (len(deliveries), self._transport)
        take = self._intake.take
        longest = max(_PAUSE, self._wait)
        for attempt in itertools.count():
            LOG.warning("%d notifications of %s wait: %s", *batch, failure)
            pause = backoff(attempt, self._wait, longest)
            if not self._answers(pause, began + self._wait_max):
                break
            failure = self._failure(deliveries, take)
            if not failure:
                LOG.info(
                    "%d notifications of %s were stored after %.1f s",
                    *batch,
                    monotonic() - began,
                )
                return True
            take = self._intake.take_each
        LOG.warning("%d notifications of %s go back to the broker", *batch)
        return False

    def _failure(self, deliveries: Sequence[Delivery], take: Take) -> str:
        """Try to store a batch; return the reason if it fails, or ""."""
        try:
            self._take(deliveries, take)
        except errors.Unavailable as exc:
            return errors.in_full(exc)
        except Exception as exc:  # oslo.messaging would requeue without wait
            LOG.exception("A batch of %s failed", self._transport)
            return f"{type(exc).__name__}: see above"
        return ""

    def _answers(self, pause: float, end: float) -> bool:
        """Ask the database, after a pause, until it answers.

        Return False if it does not before the end, or if the listener stops.
        """
        while not self._stopping.wait(max(min(pause, end - monotonic()), 0)):
            if monotonic() >= end:
                break
            try:
                self._intake.check()
            except Exception as exc:  # a fault of ours is no answer
                LOG.debug("The database: %s", exc)
                pause = self._wait
            else:
                return True
        return False

    def _take(self, deliveries: Sequence[Delivery], take: Take) -> None:
        began = monotonic()
        results = take(deliveries)
        self.total += total(results)
        self.stored_at = self._intake.clock.now()
        if self._meter is not None:
            seconds = monotonic() - began
            self._meter.stored(self._transport, len(deliveries), seconds)
            self._count(self._meter, deliveries, results)

    def _count(
        self,
        meter: BatchMeter,
        deliveries: Sequence[Delivery],
        results: Results,
    ) -> None:
        """Count what is stored, by region; what is refused, by transport."""
        messages: dict[str, list[Message]] = collections.defaultdict(list)
        for delivery in deliveries:
            messages[delivery.region].append(delivery.message)
        for region, counts in results.items():
            meter.taken(
                region or self._transport, messages[region], dc.asdict(counts)
            )

    def stop(self) -> None:
        """End a wait for the database at once."""
        self._stopping.set()


@dc.dataclass(frozen=True, slots=True)
class Intake:
    translator: Translator
    recorder: Recorder
    letters: LetterBox
    refreshes: RefreshRequests
    database: Database
    clock: Clock
    rules: RegionRules | None = None
    _warned: set[str] = dc.field(default_factory=set, init=False)

    def check(self) -> None:
        """Raise Unavailable if the database can not be used. 2 statements."""
        self.database.check()

    def delivered(
        self, arrivals: Iterable[tuple[Message, Origin]]
    ) -> list[Delivery]:
        """Return notifications as they come now, one after the other, each
        with its region."""
        deliveries = []
        # The moments do not end.
        pairs = zip(arrivals, self.moments(), strict=False)
        for (message, origin), received_at in pairs:
            region, rule = origin.transport, None
            if self.rules is not None:
                region, rule = self.rules.decide(origin, message)
            deliveries.append(
                Delivery(message, received_at, region, rule, origin)
            )
        return deliveries

    def moments(self) -> Iterator[datetime]:
        """Yield moments without end: now, and each a microsecond later."""
        moment = self.clock.now()
        while True:
            yield moment
            moment += _MICROSECOND

    def take(self, deliveries: Iterable[Delivery]) -> Results:
        """Record a batch of notifications; return what became of them.

        One transaction; one more if some are buried, and one more if the
        cloud must be asked for what changed. If a notification can not be
        stored, the batch is halved until it is alone, and buried: see
        ``in_parts`` for the cost.

        Raises Unavailable: then the batch must be taken again. Nothing in a
        message raises.
        """
        counts: dict[str, Counts] = collections.defaultdict(Counts)
        batch, refusals = self._translated(deliveries, counts)
        outcomes, failures = in_parts(self._record, batch)
        refusals += [(delivery, exc) for (delivery, _), exc in failures]
        if refusals:
            bury(self.letters, list(itertools.starmap(self._letter, refusals)))
        for delivery, _ in refusals:
            counts[delivery.region].dead += 1
        return _merged([counts, *outcomes])

    def _translated(
        self, deliveries: Iterable[Delivery], counts: dict[str, Counts]
    ) -> tuple[list[_Translated], list[_Refused]]:
        """Return what has observations, and what can't be understood; count
        the rest."""
        batch: list[_Translated] = []
        refusals: list[_Refused] = []
        for delivery in deliveries:
            message, received_at, region, rule, _ = delivery
            try:
                observations = self.translator.translate(
                    message, region, received_at, rule
                )
            except Exception as exc:  # whatever is in a message
                refusals.append((delivery, exc))
                continue
            if observations:
                batch.append((delivery, observations))
            elif self.translator.is_listed(message["event_type"]):
                counts[region].ignored += 1
            else:
                counts[region].unlisted += 1
                self._warn(_UNLISTED, message["event_type"])
        return batch, refusals

    def _warn(self, text: str, name: str) -> None:
        """Log a warning of an event type or a publisher, one of each."""
        if name not in self._warned and len(self._warned) < _WARNINGS:
            self._warned.add(name)
            LOG.warning(text, name)

    def take_each(self, deliveries: Iterable[Delivery]) -> Results:
        """Record notifications one by one; return what became of them.

        This is for a batch that the database refuses although it answers. A
        notification that is refused 3 times is buried, whatever the reason:
        a packet that is too large looks like an outage. Transactions: those
        of ``take`` for each. Raises Unavailable if the database is away, or
        if the dead letter can not be written.
        """
        return _merged(map(self._take_alone, deliveries))

    def restore(self, lines: Iterable[Message]) -> Counts:
        """Record the lines of archives; return what became of observations.

        One transaction; a line that can't be read or stored is a dead
        letter. Raises Unavailable: then they must be taken again.
        """
        records: list[tuple[Message, ArchiveRecord]] = []
        refusals: list[tuple[Message, Exception]] = []
        for line in lines:
            try:
                records.append((line, archives.record(line)))
            except Exception as exc:  # whatever is in a line
                refusals.append((line, exc))
        outcomes, failures = in_parts(
            lambda part: self.recorder.restore(record for _, record in part),
            records,
        )
        refusals += [(line, exc) for (line, _), exc in failures]
        now = self.clock.now()
        letters = [
            self._letter(Delivery(line, now, archives.region(line)), exc)
            for line, exc in refusals
        ]
        bury(self.letters, letters)
        new = sum(len(outcome.new) for outcome in outcomes)
        known = sum(len(outcome.known) for outcome in outcomes)
        refused = [line for line, _ in refusals]
        total = sum(
            len(record.observations)
            for line, record in records
            if line not in refused
        )
        # The others are of a file that is older than another one.
        older = total - new - known
        return Counts(new=new, known=known, ignored=older, dead=len(letters))

    def _take_alone(self, delivery: Delivery) -> Results:
        for _ in range(_TRIES):
            try:
                return self.take([delivery])
            except errors.Busy:
                raise
            except errors.Unavailable as exc:
                self.check()
                refusal = exc
        letter = self._letter(delivery, refusal)
        try:
            bury(self.letters, [letter])
        except errors.Unavailable:
            self.check()
            self.letters.bury([without_message(letter, refusal)])
        return {delivery.region: Counts(dead=1)}

    def _record(self, batch: Sequence[_Translated]) -> Results:
        outcome = self.recorder.record(
            itertools.chain.from_iterable(
                observations for _, observations in batch
            )
        )
        self._ask(batch)
        results: dict[str, Counts] = collections.defaultdict(Counts)
        new = set(outcome.new)
        for delivery, observations in batch:
            id_, counts = observations[0].id, results[delivery.region]
            if id_ in new:
                new.discard(id_)
                counts.new += 1
                if observations[0].reason:  # it has no other one yet
                    counts.ahead += 1
                    publisher = str(delivery.message.get("publisher_id"))
                    self._warn(_AHEAD, publisher[:255])
            else:
                counts.known += 1
        return results

    def _ask(self, batch: Sequence[_Translated]) -> None:
        refs = {
            observation.ref
            for delivery, observations in batch
            if self.translator.is_incomplete(delivery.message)
            for observation in observations
        }
        if refs:
            self.refreshes.ask(refs, self.clock.now())

    def _letter(self, delivery: Delivery, error: Exception) -> DeadLetter:
        letter = dead_letter(delivery, error)
        LOG.warning(
            "Notification %r (%r) was put among the dead letters: %s",
            letter.message_id,
            letter.event_type,
            letter.error,
        )
        return letter


def total(results: Results) -> Counts:
    """Return what became of notifications of all regions."""
    return sum(results.values(), Counts())


def _merged(parts: Iterable[Results]) -> Results:
    merged: dict[str, Counts] = collections.defaultdict(Counts)
    for results in parts:
        for region, counts in results.items():
            merged[region] += counts
    return merged


def dead_letter(delivery: Delivery, error: Exception) -> DeadLetter:
    """Return the dead letter of a notification, without its secrets.

    Characters that a database refuses are replaced. If the message has more
    than a mebibyte of JSON, only its ids and its size in bytes remain:
    masking the secrets in it would take seconds.
    """
    content = storable(
        {k: v for k, v in delivery.message.items() if not _is_context(k)}
    )
    size = len(orjson.dumps(content))

    def short(field: str) -> str | None:
        value = content.get(field)
        return value[:255] if isinstance(value, str) else None

    region = delivery.region
    origin = delivery.origin and _storable_origin(delivery.origin)
    return DeadLetter(
        id=0,
        region=region,
        message_id=short("message_id"),
        event_type=short("event_type"),
        publisher_id=short("publisher_id"),
        received_at=delivery.received_at,
        error=errors.reason(error),
        message=strutils.mask_dict_password(content)
        if size <= _LARGEST
        else {"too_large": size},
        # What is refused has no region; what is the same came the same way.
        key=digest(
            region or origin or "", content.get("message_id") or content
        ),
        origin=origin,
    )


def _storable_origin(origin: Origin) -> Mapping[str, Any]:
    """Return how a message came, as far as a rule can look at it, without
    secrets."""
    headers = {
        name: "***" if _SECRET.search(name) else text
        for name, text in itertools.islice(origin.headers.items(), _HEADERS)
        if len(text) <= _LONGEST_HEADER
    }
    masked: Mapping[str, Any] = strutils.mask_dict_password(
        storable(origin._replace(headers=headers)._asdict())
    )
    return masked


def _is_context(field: str) -> bool:
    """Whether a field is of the request's context, which has tokens."""
    return field == "context" or field.startswith("_context_")
