"""What differs between what should be there and what is, and in which order
it can be mended."""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import (
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Any, Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)

#: What an object has, by name. A field may have fields of its own.
Fields = Mapping[str, Any]


def changes(held: Fields, wanted: Fields) -> dict[str, Any]:
    """Return the fields to be written, so that ``held`` becomes ``wanted``.

    A field that is not held is not known there, and left alone. Of a field
    that has fields, those that only ``held`` has are somebody else's: they
    stay, and are part of what is written.
    """
    return {
        name: _merged(held[name], value)
        for name, value in wanted.items()
        if name in held and not _covers(held[name], value)
    }


def _covers(held: Any, wanted: Any) -> bool:
    if isinstance(held, Mapping) and isinstance(wanted, Mapping):
        return all(
            name in held and held[name] == value
            for name, value in wanted.items()
        )
    return bool(held == wanted)


def _merged(held: Any, wanted: Any) -> Any:
    if isinstance(held, Mapping) and isinstance(wanted, Mapping):
        return {**held, **wanted}
    return wanted


@dc.dataclass(frozen=True, slots=True)
class Move(Generic[K]):
    """Something that comes, goes, or changes.

    It ``holds`` what no other can have until it is done, and ``wants`` what
    it has from then on: a name, a place. What goes wants nothing.
    """

    key: K
    holds: frozenset[Hashable] = frozenset()
    wants: frozenset[Hashable] = frozenset()
    goes: bool = False


class Turn(NamedTuple, Generic[K]):
    """A move whose turn it is. ``parks``: it only makes room, and has
    another turn later."""

    move: Move[K]
    parks: bool = False


def turns(moves: Sequence[Move[K]]) -> Iterator[list[Turn[K]]]:
    """Yield moves, a few at a time: none needs what another still holds.

    Those of one list can be made at the same time. What goes is last, unless
    it stands in somebody's way. Where moves wait for each other in a ring,
    one of them parks.
    """
    queue = _Queue(moves)
    while turn := queue.next_turns():
        yield turn


class _Queue(Generic[K]):
    def __init__(self, moves: Sequence[Move[K]]) -> None:
        self._moves = dict(enumerate(moves))
        self._blocks: dict[int, set[int]] = collections.defaultdict(set)
        self._waits: dict[int, set[int]] = {}
        holders: dict[Hashable, list[int]] = collections.defaultdict(list)
        for n, move in self._moves.items():
            for thing in move.holds:
                holders[thing].append(n)
        for n, move in self._moves.items():
            self._waits[n] = {
                other
                for thing in move.wants
                for other in holders.get(thing, ())
                if other != n
            }
            for other in self._waits[n]:
                self._blocks[other].add(n)

    def next_turns(self) -> list[Turn[K]]:
        """Return whose turn it is; nobody's: all are done."""
        ready = [n for n, waits in self._waits.items() if not waits]
        urgent = [
            n for n in ready if self._blocks[n] or not self._moves[n].goes
        ]
        if urgent or self._is_done_but(ready):
            chosen = urgent or ready
            return [Turn(self._take(n)) for n in chosen]
        ringed = self._one_of_a_ring()
        self._release(ringed)
        return [Turn(self._moves[ringed], parks=True)]

    def _one_of_a_ring(self) -> int:
        """Return a move that waits for itself, by way of others."""
        met: set[int] = set()
        n = next(n for n, waits in self._waits.items() if waits)
        while n not in met:
            met.add(n)
            n = min(self._waits[n])
        return n

    def _is_done_but(self, ready: Collection[int]) -> bool:
        return len(ready) == len(self._waits)

    def _take(self, n: int) -> Move[K]:
        del self._waits[n]
        self._release(n)
        return self._moves[n]

    def _release(self, n: int) -> None:
        for other in self._blocks.pop(n, ()):
            if other in self._waits:
                self._waits[other].discard(n)


def in_the_way(moves: Iterable[Move[K]]) -> set[K]:
    """Return what goes, and holds what others want."""
    moves = list(moves)
    wanted = {thing for move in moves for thing in move.wants}
    return {move.key for move in moves if move.goes and move.holds & wanted}
