"""Notifications that could not be understood: seen, tried again, let go."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from concertim_api.domain import errors
from concertim_api.domain.ledger.observations import Observation
from concertim_api.services.common.batches import in_parts, reason
from concertim_api.services.common.listing import Filter, Found, Listing
from concertim_api.services.ledger.ports import (
    DeadLetter,
    LetterArchive,
    LetterBox,
)
from concertim_api.services.ledger.recorder import Outcome, Recorder

#: Message and region -> observations. Raises ValueError if it can't be
#: understood; an empty list means that it is none of our business.
Translate = Callable[[Mapping[str, Any], str], list[Observation]]


@dc.dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a dead letter: recorded, known or ignored."""

    outcome: str
    new: int = 0
    known: int = 0


@dc.dataclass(frozen=True, slots=True)
class Purged:
    """How many dead letters were removed."""

    purged: int


class DeadLetters:
    def __init__(
        self, letters: LetterArchive, recorder: Recorder, translate: Translate
    ) -> None:
        self._letters = letters
        self._recorder = recorder
        self._translate = translate

    def list(self, listing: Listing) -> Found:
        """Return a page of dead letters."""
        return Found.of(self._letters.page(listing))

    def get(self, letter_id: int) -> DeadLetter:
        """Return a dead letter with its message. Raises NotFound."""
        return self._letters.letter(letter_id)

    def replay(self, letter_id: int) -> Replayed:
        """Try a message again; what succeeds is a dead letter no more.

        Raises Conflict with the reason if it fails again, and counts the
        attempt.
        """
        letter = self._letters.letter(letter_id)
        try:
            observations = self._translate(letter.message, letter.region)
            done = self._recorder.record(observations)
        except errors.Unavailable:
            raise
        except Exception as exc:  # whatever a message holds
            raise self._still_dead(letter, exc) from exc
        self._letters.revive(letter_id)
        return Replayed(
            _outcome(observations, done), len(done.new), len(done.known)
        )

    def _still_dead(self, letter: DeadLetter, error: Exception) -> Exception:
        why = reason(error)
        self._letters.fail_again(letter.id, why)
        return errors.Conflict(
            f"Dead letter {letter.id} still can't be recorded: {why}"
        )

    def delete(self, letter_id: int) -> None:
        """Remove one dead letter. Raises NotFound."""
        if not self._letters.purge([Filter("id", "eq", letter_id)]):
            raise errors.NotFound(f"Dead letter {letter_id} not found.")

    def purge(
        self,
        filters: Sequence[Filter],
        before: datetime | None,
        *,
        everything: bool,
    ) -> Purged:
        """Remove dead letters for good: those that meet every condition.

        Raises Invalid without any condition, unless ``everything`` is
        meant.
        """
        asked = [*filters]
        if before is not None:
            asked.append(Filter("received_at", "lt", before))
        if not asked and not everything:
            raise errors.Invalid(
                "all", "must be true to purge without a condition"
            )
        return Purged(self._letters.purge(asked))


def bury(box: LetterBox, letters: Sequence[DeadLetter]) -> None:
    """Write dead letters.

    One that can't be written for what is in it is written without its
    message. Raises Unavailable.
    """
    _, failures = in_parts(box.bury, letters)
    if failures:
        box.bury([without_message(*failure) for failure in failures])


def without_message(letter: DeadLetter, error: Exception) -> DeadLetter:
    """Return a dead letter that says which message came, and why even its
    text can't be kept."""
    return dc.replace(letter, message={"not_kept": reason(error)})


def _outcome(observations: Sequence[Observation], done: Outcome) -> str:
    if not observations:
        return "ignored"
    return "recorded" if done.new else "known"
