"""Dead letters: notifications that could not be understood. They can be read,
tried again and removed."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from concertim_api.domain import errors
from concertim_api.domain.ledger.observations import Observation
from concertim_api.domain.ledger.region_rules import Origin, RegionRules
from concertim_api.services.common.listing import Filter, Listing, Page
from concertim_api.services.ledger.ports import (
    DeadLetter,
    LetterBox,
    LetterList,
)
from concertim_api.services.ledger.recorder import (
    RecordedKeys,
    Recorder,
    in_parts,
)

#: Message, region, receipt and region rule -> observations. Raises ValueError
#: for a message that can't be understood. An empty list: the message does not
#: concern us.
Translate = Callable[
    [Mapping[str, Any], str, datetime, str | None], list[Observation]
]


@dc.dataclass(frozen=True, slots=True)
class ReplayResult:
    """What became of a dead letter: recorded, known or ignored."""

    outcome: str
    new: int = 0
    known: int = 0


@dc.dataclass(frozen=True, slots=True)
class PurgeResult:
    """How many dead letters were removed."""

    purged: int


@dc.dataclass(frozen=True, slots=True)
class DeadLetters:
    letters: LetterList
    recorder: Recorder
    translate: Translate
    rules: RegionRules | None = None

    def list(self, listing: Listing) -> Page:
        """Return a page of dead letters."""
        return self.letters.page(listing)

    def get(self, letter_id: int) -> DeadLetter:
        """Return a dead letter with its message. Raises NotFound."""
        return self.letters.letter(letter_id)

    def replay(self, letter_id: int) -> ReplayResult:
        """Try a message again, and remove its dead letter if it succeeds.

        The rules decide its region anew, if it is known how it came. If it
        fails again, counts the attempt and raises Conflict with the reason.
        """
        letter = self.letters.letter(letter_id)
        try:
            region, rule = self._region(letter)
            observations = self.translate(
                letter.message, region, letter.received_at, rule
            )
            recorded = self.recorder.record(observations)
        except errors.Unavailable:
            raise
        except Exception as exc:  # whatever a message holds
            raise self._still_dead(letter, exc) from exc
        self.letters.revive(letter_id)
        return ReplayResult(
            _outcome(observations, recorded),
            len(recorded.new),
            len(recorded.known),
        )

    def _region(self, letter: DeadLetter) -> tuple[str, str | None]:
        if letter.origin is None:
            return letter.region, None
        origin = Origin(**letter.origin)
        if self.rules is None:
            return origin.transport, None
        return self.rules.decide(origin, letter.message)

    def _still_dead(self, letter: DeadLetter, error: Exception) -> Exception:
        text = errors.reason(error)
        self.letters.fail_again(letter.id, text)
        return errors.Conflict(
            f"Dead letter {letter.id} still can't be recorded: {text}"
        )

    def delete(self, letter_id: int) -> None:
        """Remove one dead letter. Raises NotFound."""
        if not self.letters.purge([Filter("id", "eq", letter_id)]):
            raise errors.NotFound(f"Dead letter {letter_id} not found.")

    def purge(
        self,
        filters: Sequence[Filter],
        before: datetime | None,
        *,
        everything: bool,
    ) -> PurgeResult:
        """Remove the dead letters that meet every condition, for good.

        Raises Invalid if there is no condition and ``everything`` is false.
        """
        conditions = [*filters]
        if before is not None:
            conditions.append(Filter("received_at", "lt", before))
        if not conditions and not everything:
            raise errors.Invalid(
                "all", "must be true to purge without a condition"
            )
        return PurgeResult(self.letters.purge(conditions))


def bury(box: LetterBox, letters: Sequence[DeadLetter]) -> None:
    """Write dead letters.

    A letter whose message can't be written is written without it. Raises
    Unavailable.
    """
    _, failures = in_parts(box.bury, letters)
    if failures:
        box.bury([without_message(*failure) for failure in failures])


def without_message(letter: DeadLetter, error: Exception) -> DeadLetter:
    """Return a dead letter whose message is the reason why the message can't
    be kept."""
    return dc.replace(letter, message={"not_kept": errors.reason(error)})


def _outcome(
    observations: Sequence[Observation], recorded: RecordedKeys
) -> str:
    if not observations:
        return "ignored"
    return "recorded" if recorded.new else "known"
