"""The execution of moves: in turns, several requests at a time."""

from __future__ import annotations

import concurrent.futures
import logging
import threading
import time
from collections.abc import Callable, Collection, Hashable, Iterable

from concertim_api.domain.reconcile import Fields, Move, Turn, turns
from concertim_api.services.common.ports import Clock
from concertim_api.services.push.frontend import (
    FrontEnd,
    FrontEndAway,
    FrontEndBroken,
    FrontEndMissing,
    FrontEndRefused,
)
from concertim_api.services.push.item import PushItem, Verb, mistake
from concertim_api.services.push.ports import Bindings

LOG = logging.getLogger(__name__)

MoveKey = tuple[PushItem, Verb]

#: Outcomes are stored after so many items, and after so many seconds.
_MANY, _OFTEN = 100, 0.25

#: Outcomes after which neither the view nor the front end has the object.
_OVER = ("deleted", "unbound")

#: After so many failures in a row, the cause is not the objects.
_BROKEN = 5


class Execution:
    """Makes moves, and stores the outcome of each item.

    ``away``: why the front end can't be used any more; no other request is
    made then. ``needs_survey``: the front end may hold other objects than we
    know. ``has_conflicts``: it seems to.
    """

    def __init__(
        self,
        front_end: FrontEnd,
        bindings: Bindings,
        clock: Clock,
        pool: concurrent.futures.Executor,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._front_end = front_end
        self._bindings = bindings
        self._clock = clock
        self._pool = pool
        self._is_stopping = is_stopping
        self._lock = threading.Lock()
        self._failures = 0
        self._finished: list[PushItem] = []
        self._saved_at = time.monotonic()
        self.away: FrontEndAway | None = None
        self.needs_survey = self.has_conflicts = False

    @property
    def is_closed(self) -> bool:
        """Whether no more requests are to be made."""
        return self.away is not None or self._is_stopping()

    def carry_out(self, items: Iterable[PushItem]) -> None:
        """Make the moves of items without an outcome, in turns."""
        moves: list[Move[MoveKey]] = []
        for item in items:
            if item.outcome is None:
                moves += self.moves(item)
        claims = frozenset().union(*(move.desired for move in moves))
        for step in turns(moves):
            self._make_all(step, claims)
        self._save_if_due()

    def step_aside(
        self, items: Iterable[PushItem], claims: Collection[Hashable]
    ) -> None:
        """Let objects that are to go later release claims of others. 1
        request for each, and those of ``FrontEnd.aside``."""
        for item in items:
            self._make(Turn(Move((item, "delete")), is_parking=True), claims)
            self.finish([item])

    def moves(self, item: PushItem) -> list[Move[MoveKey]]:
        """Return the moves of an item; without any, finish it."""
        moves: list[Move[MoveKey]] = []
        try:
            moves = list(item.moves(self._front_end))
            if not moves:
                self._note_unchanged(item)
        except Exception as exc:  # one bad object must not stop the rest
            self._fail(item, mistake(item.key, exc))
        self.finish([item])
        return moves

    def finish(self, items: Iterable[PushItem]) -> None:
        """Note the items that have an outcome, to be stored."""
        for item in items:
            if item.outcome is not None and not item.is_finished:
                item.is_finished = True
                self._finished.append(item)
        self._save_if_due()

    def save(self) -> None:
        """Store the outcomes so far."""
        items, self._finished = self._finished, []
        self._bindings.save(
            [item.binding for item in items if item.outcome not in _OVER],
            [item.binding for item in items if item.outcome in _OVER],
        )
        self._saved_at = time.monotonic()

    def _save_if_due(self) -> None:
        age = time.monotonic() - self._saved_at
        if len(self._finished) >= _MANY or (self._finished and age >= _OFTEN):
            self.save()

    def _note_unchanged(self, item: PushItem) -> None:
        item.outcome = "unbound"
        if item.view_object is not None:
            item.outcome = "unchanged"
            item.record_success(self._clock.now(), is_written=False)

    def _make_all(
        self, step: list[Turn[MoveKey]], claims: Collection[Hashable]
    ) -> None:
        if len(step) == 1:
            self._make(step[0], claims)
            self._finish_turn(step[0])
            return
        pending = {
            self._pool.submit(self._make, turn, claims): turn for turn in step
        }
        for future in concurrent.futures.as_completed(pending):
            future.result()
            self._finish_turn(pending[future])

    def _finish_turn(self, turn: Turn[MoveKey]) -> None:
        item, _ = turn.move.key
        self.finish([item])

    def _make(self, turn: Turn[MoveKey], claims: Collection[Hashable]) -> None:
        """Make one move; in any thread."""
        item, verb = turn.move.key
        if self.is_closed or item.refusal is not None:
            return
        try:
            if turn.is_parking:
                self._park(item, claims)
            else:
                getattr(self, f"_{verb}")(item)
            with self._lock:
                self._failures = 0
        except FrontEndRefused as exc:
            self._fail(item, exc)
        except FrontEndAway as exc:
            if exc.is_sent:  # others first, when it is back
                self._fail(item, FrontEndRefused(str(exc)))
            with self._lock:
                self.away = self.away or exc
                self.needs_survey = True
        except Exception as exc:  # one bad object must not stop the rest
            self._fail(item, mistake(item.key, exc))

    def _create(self, item: PushItem) -> None:
        assert item.desired is not None
        answer = self._front_end.create(item.noun, item.desired)
        item.record_answer(answer, item.desired)
        item.record_success(self._clock.now(), is_written=True)
        item.outcome = "replaced" if item.is_replaced else "created"

    def _update(self, item: PushItem) -> None:
        changes = item.changes()
        if changes:
            self._write(item, changes)
        item.record_success(self._clock.now(), is_written=True)
        item.outcome = "updated"

    def _write(self, item: PushItem, changes: Fields) -> None:
        foreign_id = item.binding.foreign_id
        assert foreign_id is not None
        answer = self._front_end.update(item.noun, foreign_id, changes)
        item.record_answer(answer, changes)

    def _delete(self, item: PushItem) -> None:
        foreign_id = item.binding.foreign_id
        assert foreign_id is not None
        self._front_end.delete(item.noun, foreign_id)
        item.record_absence()
        if item.view_object is None:
            item.outcome = "deleted"

    def _park(self, item: PushItem, claims: Collection[Hashable]) -> None:
        """Move an object to where it is in nobody's way, for a moment."""
        place = self._front_end.aside(item.noun, item.binding.actual, claims)
        if place is None:
            raise FrontEndRefused(
                "its place is taken, and there is none to step to"
            )
        self._write(item, place)

    def _fail(self, item: PushItem, refusal: FrontEndRefused) -> None:
        """Note why an item is not pushed, and what that says of the front
        end; in any thread."""
        if isinstance(refusal, FrontEndMissing):
            item.record_missing(refusal, self._clock.now())
        else:
            item.record_failure(refusal, self._clock.now())
        key = item.key
        LOG.warning(
            "%s %s of %s was not pushed, attempt %s: %s",
            key.noun.capitalize(),
            key.id,
            key.region or "no region",
            item.binding.attempts,
            str(refusal),  # oslo.log would add an exception's class
        )
        with self._lock:
            self.needs_survey |= isinstance(refusal, FrontEndMissing)
            self.has_conflicts |= refusal.is_conflict
            self._failures += isinstance(refusal, FrontEndBroken)
            if self._failures >= _BROKEN:
                self.away = self.away or FrontEndAway(
                    f"the front end fails at everything: {refusal}"
                )
