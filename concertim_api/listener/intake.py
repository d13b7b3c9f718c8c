"""The way in for every notification: translate, record, or bury.

The listener and the replay of files both take it.
"""

from __future__ import annotations

import dataclasses as dc
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from oslo_utils import strutils

from concertim_api.domain import errors
from concertim_api.domain.usage import Observation
from concertim_api.listener.translate import Translator
from concertim_api.services.ports import Clock, Store
from concertim_api.services.recorder import Recorder
from concertim_api.services.rows import DeadLetter

LOG = logging.getLogger(__name__)

Message = Mapping[str, Any]


@dc.dataclass(slots=True)
class Counts:
    """What became of notifications: each is in one of these."""

    new: int = 0
    known: int = 0
    ignored: int = 0
    dead: int = 0

    def __iadd__(self, other: Counts) -> Counts:
        for field in dc.fields(Counts):
            mine, theirs = (
                getattr(self, field.name),
                getattr(other, field.name),
            )
            setattr(self, field.name, mine + theirs)
        return self

    def __str__(self) -> str:
        return (
            f"{self.new} new, {self.known} known, {self.ignored} ignored, "
            f"{self.dead} dead"
        )


class Intake:
    def __init__(
        self,
        translator: Translator,
        recorder: Recorder,
        store: Store,
        clock: Clock,
    ) -> None:
        self._translator = translator
        self._recorder = recorder
        self._store = store
        self._clock = clock

    def check(self) -> None:
        """Raise Unavailable unless the database can be used. 1 statement."""
        self._store.check()

    def take(self, messages: Iterable[Message], region: str) -> Counts:
        """Record what a batch of notifications says.

        One transaction; one more where some can't be understood, and one
        where the cloud is to be asked for what they do not tell. If one
        can't be stored, the batch is taken one by one, so that only that
        one is buried.

        Raises Unavailable: nothing was lost, try again.
        """
        counts = Counts()
        told: list[tuple[Message, list[Observation]]] = []
        buried: list[DeadLetter] = []
        for message in messages:
            try:
                observations = self._translator.translate(message, region)
            except ValueError as exc:
                buried.append(self._dead(message, region, exc))
                continue
            if observations:
                told.append((message, observations))
            else:
                counts.ignored += 1
        buried += self._record(told, region, counts)
        if buried:
            self._store.bury(buried)
            counts.dead += len(buried)
        return counts

    def _record(
        self,
        told: Sequence[tuple[Message, list[Observation]]],
        region: str,
        counts: Counts,
    ) -> list[DeadLetter]:
        try:
            outcome = self._recorder.record(o for _, obs in told for o in obs)
        except errors.Unavailable:
            raise
        except Exception as exc:  # a fault of ours must not stop the rest
            if len(told) == 1:
                if not isinstance(exc, errors.Invalid):
                    LOG.exception("Recording failed in an unforeseen way")
                return [self._dead(told[0][0], region, exc)]
            return [
                letter
                for one in told
                for letter in self._record([one], region, counts)
            ]
        self._ask(told)
        new = set(outcome.new)
        for _, observations in told:
            if observations[0].key in new:
                new.discard(observations[0].key)
                counts.new += 1
            else:
                counts.known += 1
        return []

    def _ask(self, told: Sequence[tuple[Message, list[Observation]]]) -> None:
        lacking = {
            observation.ref
            for message, observations in told
            if self._translator.lacks(message)
            for observation in observations
        }
        if lacking:
            self._store.ask(lacking, self._clock.now())

    def _dead(
        self, message: Message, region: str, exc: Exception
    ) -> DeadLetter:
        LOG.warning(
            "Notification %s (%s) is dead: %s",
            message.get("message_id"),
            message.get("event_type"),
            exc,
        )
        return dead_letter(message, region, exc, self._clock)


def dead_letter(
    message: Message, region: str, exc: Exception, clock: Clock
) -> DeadLetter:
    """Return the dead letter of a notification, without its secrets."""

    def known(field: str) -> str | None:
        value = message.get(field)
        return value[:255] if isinstance(value, str) else None

    return DeadLetter(
        id=0,
        region=region,
        message_id=known("message_id"),
        event_type=known("event_type"),
        publisher_id=known("publisher_id"),
        received_at=clock.now(),
        error=str(exc),
        message=strutils.mask_dict_password(
            {k: v for k, v in message.items() if not _is_context(k)}
        ),
    )


def _is_context(field: str) -> bool:
    """A request's context has tokens in it, and nothing that we read."""
    return field == "context" or field.startswith("_context_")
