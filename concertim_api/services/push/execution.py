"""Carrying out what is to be pushed: in turns, some at a time."""

from __future__ import annotations

import concurrent.futures
import logging
import threading
import time
from collections.abc import Callable, Collection, Hashable, Iterable

from concertim_api.domain.reconcile import Fields, Move, Turn, turns
from concertim_api.services.common.ports import Clock
from concertim_api.services.push.frontend import (
    Away,
    Broken,
    FrontEnd,
    NotThere,
    Refused,
)
from concertim_api.services.push.item import Item, Verb
from concertim_api.services.push.ports import Bindings

LOG = logging.getLogger(__name__)

Key = tuple[Item, Verb]

#: What was done is stored after so many things, and after so many seconds.
_MANY, _OFTEN = 100, 0.25

#: What becomes of things that neither the view nor the front end has.
_OVER = ("deleted", "unbound")

#: If the front end fails so often at a stretch, it is not the objects.
_BROKEN = 5


class Line:
    """Carries out moves, and stores what became of each thing.

    ``away``: why the front end can't be worked with any more; nothing else
    is tried then. ``lost_track``: it may hold other things than we know
    of; ``is_puzzled``: it seems to.
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
        self._broken = 0
        self._done: list[Item] = []
        self._saved_at = time.monotonic()
        self.away: Away | None = None
        self.lost_track = self.is_puzzled = False

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is to be done."""
        return self.away is not None or self._is_stopping()

    def carry_out(self, items: Iterable[Item]) -> None:
        """Do what these need, in turns. Whatever needs nothing is settled."""
        moves: list[Move[Key]] = []
        for item in items:
            if item.outcome is not None:
                continue
            try:
                found = list(item.moves(self._front_end))
            except Exception as exc:  # one bad object must not stop the rest
                LOG.exception("%s can't be pushed", item.binding.subject)
                self._failed(item, Refused(f"{type(exc).__name__}: see log"))
                continue
            moves += found
            if not found:
                self._unchanged(item)
        wanted = frozenset().union(*(move.wants for move in moves))
        for turn in turns(moves):
            self._at_once(turn, wanted)
        self._save_if_due()

    def finish(self, items: Iterable[Item]) -> None:
        """Take what was decided without a request."""
        for item in items:
            if item.outcome is not None and not item.is_noted:
                item.is_noted = True
                self._done.append(item)
        self._save_if_due()

    def save(self) -> None:
        """Store what became of what was done so far."""
        done, self._done = self._done, []
        over = [item for item in done if item.outcome in _OVER]
        kept = [item for item in done if item.outcome not in _OVER]
        self._bindings.save(
            [item.binding for item in kept], [item.binding for item in over]
        )
        self._saved_at = time.monotonic()

    def _save_if_due(self) -> None:
        age = time.monotonic() - self._saved_at
        if len(self._done) >= _MANY or (self._done and age >= _OFTEN):
            self.save()

    def _unchanged(self, item: Item) -> None:
        item.outcome = "unbound"
        if item.shown is not None:
            item.outcome = "unchanged"
            item.settled(self._clock.now(), wrote=False)
        self.finish([item])

    def _at_once(
        self, turn: list[Turn[Key]], wanted: Collection[Hashable]
    ) -> None:
        if len(turn) == 1:
            self._take(turn[0], wanted)
            self._note(turn[0])
            return
        running = {
            self._pool.submit(self._take, one, wanted): one for one in turn
        }
        for future in concurrent.futures.as_completed(running):
            future.result()
            self._note(running[future])

    def _note(self, turn: Turn[Key]) -> None:
        item, _ = turn.move.key
        self.finish([item])

    def _take(self, turn: Turn[Key], wanted: Collection[Hashable]) -> None:
        """Do one thing; in any thread."""
        item, verb = turn.move.key
        if self.is_closed or item.problem is not None:
            return
        try:
            if turn.parks:
                self._park(item, wanted)
            else:
                getattr(self, f"_{verb}")(item)
            with self._lock:
                self._broken = 0
        except Refused as exc:
            self._failed(item, exc)
        except Away as exc:
            if exc.reached:  # others first, when it is back
                self._failed(item, Refused(str(exc)))
            with self._lock:
                self.away = self.away or exc
                self.lost_track = True
        except Exception as exc:  # one bad object must not stop the rest
            LOG.exception("Pushing %s failed", item.binding.subject)
            self._failed(item, Refused(f"{type(exc).__name__}: see the log"))

    def _create(self, item: Item) -> None:
        assert item.wanted is not None
        told = self._front_end.create(item.noun, item.wanted)
        item.took(told, item.wanted)
        item.settled(self._clock.now(), wrote=True)
        item.outcome = "replaced" if item.was_replaced else "created"

    def _update(self, item: Item) -> None:
        changes = item.changes()
        if changes:
            self._write(item, changes)
        item.settled(self._clock.now(), wrote=True)
        item.outcome = "updated"

    def _write(self, item: Item, changes: Fields) -> None:
        foreign_id = item.binding.foreign_id
        assert foreign_id is not None
        told = self._front_end.update(item.noun, foreign_id, changes)
        item.took(told, changes)

    def _delete(self, item: Item) -> None:
        foreign_id = item.binding.foreign_id
        assert foreign_id is not None
        self._front_end.delete(item.noun, foreign_id)
        item.lost()
        if item.shown is None:
            item.outcome = "deleted"

    def _park(self, item: Item, wanted: Collection[Hashable]) -> None:
        """Put something where it is in nobody's way, for a moment."""
        place = self._front_end.aside(item.noun, item.binding.held, wanted)
        if place is None:
            raise Refused("its place is taken, and there is none to step to")
        self._write(item, place)

    def _failed(self, item: Item, problem: Refused) -> None:
        item.problem = problem
        if isinstance(problem, NotThere):
            item.lost()
            item.waits("waiting", str(problem), self._clock.now())
        else:
            item.failed(problem, self._clock.now())
        subject = item.binding.subject
        LOG.warning(
            "%s %s of %s is not pushed, attempt %s: %s",
            subject.noun.capitalize(),
            subject.id,
            subject.region or "no region",
            item.binding.attempts,
            str(problem),  # oslo.log would add an exception's class
        )
        with self._lock:
            self.lost_track |= isinstance(problem, NotThere)
            self.is_puzzled |= problem.taken
            self._broken += isinstance(problem, Broken)
            if self._broken >= _BROKEN:
                self.away = self.away or Away(
                    f"the front end fails at everything: {problem}"
                )
