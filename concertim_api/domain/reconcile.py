"""What differs between the desired and the actual, and in which order that
can be mended."""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import (
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Any, Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)

#: The fields of an object, by name. A field may have fields of its own.
Fields = Mapping[str, Any]


def changes(actual: Fields, desired: Fields) -> dict[str, Any]:
    """Return the fields to be written, so that ``actual`` becomes ``desired``.

    A field that ``actual`` does not have is not known there, and left alone.
    Where a field has fields, those that only ``actual`` has are somebody
    else's: they stay, and are part of what is written.
    """
    return {
        name: _merged(actual[name], value)
        for name, value in desired.items()
        if name in actual and not _covers(actual[name], value)
    }


def _covers(actual: Any, desired: Any) -> bool:
    if isinstance(actual, Mapping) and isinstance(desired, Mapping):
        return all(
            name in actual and actual[name] == value
            for name, value in desired.items()
        )
    return bool(actual == desired)


def _merged(actual: Any, desired: Any) -> Any:
    if isinstance(actual, Mapping) and isinstance(desired, Mapping):
        return {**actual, **desired}
    return desired


@dc.dataclass(frozen=True, slots=True)
class Move(Generic[K]):
    """A creation, a change or a removal of an object.

    ``actual`` are the claims that the object has until the move is made;
    ``desired`` those that it has from then on. A claim is something that no
    two objects can have: a name, a place.
    """

    key: K
    actual: frozenset[Hashable] = frozenset()
    desired: frozenset[Hashable] = frozenset()
    is_removal: bool = False


class Turn(NamedTuple, Generic[K]):
    """A move that can be made now.

    ``is_parking``: the object only makes room, and has another turn later.
    """

    move: Move[K]
    is_parking: bool = False


def turns(moves: Sequence[Move[K]]) -> Iterator[list[Turn[K]]]:
    """Yield moves, a few at a time: none needs a claim of another.

    The moves of one list can be made at the same time. Removals are last,
    unless they are in the way. Where moves wait for each other in a ring, one
    of them parks.
    """
    queue = _TurnQueue(moves)
    while turn := queue.next_turns():
        yield turn


class _TurnQueue(Generic[K]):
    def __init__(self, moves: Sequence[Move[K]]) -> None:
        self._moves = dict(enumerate(moves))
        self._blocks: dict[int, set[int]] = collections.defaultdict(set)
        self._waits: dict[int, set[int]] = {}
        holders: dict[Hashable, list[int]] = collections.defaultdict(list)
        for n, move in self._moves.items():
            for claim in move.actual:
                holders[claim].append(n)
        for n, move in self._moves.items():
            self._waits[n] = {
                other
                for claim in move.desired
                for other in holders.get(claim, ())
                if other != n
            }
            for other in self._waits[n]:
                self._blocks[other].add(n)

    def next_turns(self) -> list[Turn[K]]:
        """Return the next turns; an empty list: all moves are made."""
        ready = [n for n, waits in self._waits.items() if not waits]
        urgent = [
            n
            for n in ready
            if self._blocks[n] or not self._moves[n].is_removal
        ]
        if urgent or len(ready) == len(self._waits):
            return [Turn(self._pop(n)) for n in urgent or ready]
        parked = self._member_of_ring()
        self._release(parked)
        return [Turn(self._moves[parked], is_parking=True)]

    def _member_of_ring(self) -> int:
        """Return a move that waits for itself, by way of others."""
        visited: set[int] = set()
        n = next(n for n, waits in self._waits.items() if waits)
        while n not in visited:
            visited.add(n)
            n = min(self._waits[n])
        return n

    def _pop(self, n: int) -> Move[K]:
        del self._waits[n]
        self._release(n)
        return self._moves[n]

    def _release(self, n: int) -> None:
        for other in self._blocks.pop(n, ()):
            if other in self._waits:
                self._waits[other].discard(n)


def blockers(moves: Iterable[Move[K]]) -> set[K]:
    """Return the keys of removals whose claims other moves desire."""
    moves = list(moves)
    desired = {claim for move in moves for claim in move.desired}
    return {
        move.key for move in moves if move.is_removal and move.actual & desired
    }
