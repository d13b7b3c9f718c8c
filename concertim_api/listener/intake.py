"""The way in for every notification: translate, record, or bury.

The listener and the replay of files both take it.
"""

from __future__ import annotations

import dataclasses as dc
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from oslo_utils import strutils

from concertim_api.domain import errors
from concertim_api.domain.ledger.observations import Observation
from concertim_api.domain.storable import storable
from concertim_api.listener.translate import Translator
from concertim_api.services.common.batches import in_parts, reason
from concertim_api.services.common.ports import Clock, Database
from concertim_api.services.ledger.dead_letters import bury, without_message
from concertim_api.services.ledger.ports import (
    DeadLetter,
    LetterBox,
    RefreshRequests,
)
from concertim_api.services.ledger.recorder import Recorder

LOG = logging.getLogger(__name__)

Message = Mapping[str, Any]


@dc.dataclass(slots=True)
class Counts:
    """What became of notifications: each is in one of these."""

    new: int = 0
    known: int = 0
    ignored: int = 0
    dead: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.new + other.new,
            self.known + other.known,
            self.ignored + other.ignored,
            self.dead + other.dead,
        )

    def __str__(self) -> str:
        return (
            f"{self.new} new, {self.known} known, {self.ignored} ignored, "
            f"{self.dead} dead"
        )


#: A notification, and what it says.
_Translated = tuple[Message, list[Observation]]

#: So often a notification is refused, by a database that answers in between,
#: before it is buried.
_TRIES = 3


#: Of bytes in the JSON of a dead letter.
_LARGEST = 1024 * 1024


class Intake:
    def __init__(
        self,
        translator: Translator,
        recorder: Recorder,
        letters: LetterBox,
        refreshes: RefreshRequests,
        database: Database,
        clock: Clock,
    ) -> None:
        self._translator = translator
        self._recorder = recorder
        self._letters = letters
        self._refreshes = refreshes
        self._database = database
        self._clock = clock

    def check(self) -> None:
        """Raise Unavailable unless the database can be used. 1 statement."""
        self._database.check()

    def take(self, messages: Iterable[Message], region: str) -> Counts:
        """Record what a batch of notifications says.

        One transaction; one more where some can't be understood, and one
        where the cloud is to be asked for what they do not tell. If one
        can't be stored, the batch is taken in ever smaller parts, so that
        only that one is buried: see ``in_parts`` for what it costs.

        Nothing that is in a message raises. Raises Unavailable: nothing was
        lost, try again.
        """
        counts = Counts()
        batch: list[_Translated] = []
        refused: list[tuple[Message, Exception]] = []
        for message in messages:
            try:
                observations = self._translator.translate(message, region)
            except Exception as exc:  # whatever is in it
                refused.append((message, exc))
                continue
            if observations:
                batch.append((message, observations))
            else:
                counts.ignored += 1
        outcomes, failures = in_parts(self._record, batch)
        refused += [(message, exc) for (message, _), exc in failures]
        if refused:
            letters = [self._dead(m, region, exc) for m, exc in refused]
            bury(self._letters, letters)
        return sum(outcomes, counts + Counts(dead=len(refused)))

    def take_each(self, messages: Iterable[Message], region: str) -> Counts:
        """Take each notification alone, of a batch that the database does
        not take although it answers.

        One that is refused again and again is buried, even where the
        refusal does not say that it is the message's fault: a packet that
        is too large looks like an outage. Raises Unavailable if the dead
        letter can't be written either.
        """
        return sum(
            (self._take_alone(message, region) for message in messages),
            Counts(),
        )

    def _take_alone(self, message: Message, region: str) -> Counts:
        for _ in range(_TRIES):
            try:
                return self.take([message], region)
            except errors.Busy:
                raise
            except errors.Unavailable as exc:
                self.check()
                refusal = exc
        letter = self._dead(message, region, refusal)
        try:
            bury(self._letters, [letter])
        except errors.Unavailable:
            self.check()
            self._letters.bury([without_message(letter, refusal)])
        return Counts(dead=1)

    def _record(self, batch: Sequence[_Translated]) -> Counts:
        outcome = self._recorder.record(o for _, obs in batch for o in obs)
        self._ask(batch)
        counts, new = Counts(), set(outcome.new)
        for _, observations in batch:
            if observations[0].key in new:
                new.discard(observations[0].key)
                counts.new += 1
            else:
                counts.known += 1
        return counts

    def _ask(self, batch: Sequence[_Translated]) -> None:
        lacking = {
            observation.ref
            for message, observations in batch
            if self._translator.lacks(message)
            for observation in observations
        }
        if lacking:
            self._refreshes.ask(lacking, self._clock.now())

    def _dead(
        self, message: Message, region: str, error: Exception
    ) -> DeadLetter:
        letter = dead_letter(message, region, error, self._clock)
        LOG.warning(
            "Notification %r (%r) is dead: %s",
            letter.message_id,
            letter.event_type,
            letter.error,
        )
        return letter


def dead_letter(
    message: Message, region: str, error: Exception, clock: Clock
) -> DeadLetter:
    """Return the dead letter of a notification, without its secrets, and
    with what no database keeps replaced.

    Of a large one only the size is kept, and its ids: to look for secrets
    in a megabyte takes seconds.
    """
    kept = storable({k: v for k, v in message.items() if not _is_context(k)})
    size = len(orjson.dumps(kept))

    def short(field: str) -> str | None:
        value = kept.get(field)
        return value[:255] if isinstance(value, str) else None

    return DeadLetter(
        id=0,
        region=region,
        message_id=short("message_id"),
        event_type=short("event_type"),
        publisher_id=short("publisher_id"),
        received_at=clock.now(),
        error=reason(error),
        message=strutils.mask_dict_password(kept)
        if size <= _LARGEST
        else {"too_large": size},
    )


def _is_context(field: str) -> bool:
    """A request's context has tokens in it, and nothing that we read."""
    return field == "context" or field.startswith("_context_")
