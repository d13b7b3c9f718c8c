"""Rack slots: which U each device takes, and when a rack grows.

Servers and volumes go in from the bottom up, networks from the top down,
each into the first gap that fits its whole height. A device keeps its slot
while it lives, whoever else comes or goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from concertim_api.domain.ledger.observations import Ref

_NEVER = datetime.max.replace(tzinfo=UTC)


class Slot(NamedTuple):
    """U ``start_u`` .. ``start_u + height_u - 1``, on the front face."""

    start_u: int
    height_u: int

    @property
    def end_u(self) -> int:
        return self.start_u + self.height_u - 1


class Placed(NamedTuple):
    """How high a rack is, and where its devices are.

    As an outcome, it lacks the devices that found no slot.
    """

    height_u: int
    slots: Mapping[Ref, Slot]


class Piece(NamedTuple):
    """A device that is to have a slot."""

    ref: Ref
    height_u: int
    created_at: datetime | None
    from_top: bool = False

    @property
    def seniority(self) -> tuple[datetime, str, str, str]:
        """What the oldest has least of; nobody else has the same."""
        ref = self.ref
        return self.created_at or _NEVER, ref.kind, ref.id, ref.region


def place(
    pieces: Iterable[Piece],
    remembered: Placed | None,
    height_u: int,
    max_height_u: int,
) -> Placed:
    """Return the slots of devices in a rack, and the height that it takes.

    Whatever the order of the pieces. Those of a remembered slot keep it: the
    oldest first, if two remember the same. One that has become higher stays
    where it is if there is room, else it moves. The rest take the first gap,
    the oldest first. If there is none, the rack grows, by no more than it
    must and up to its maximum; it never shrinks below what is remembered.
    """
    rack = _Rack(remembered, height_u, max_height_u)
    known = remembered.slots if remembered else {}
    waiting = sorted(pieces, key=lambda piece: piece.seniority)
    waiting = [p for p in waiting if not rack.keep(p, known.get(p.ref))]
    waiting = [p for p in waiting if not rack.widen(p, known.get(p.ref))]
    for piece in waiting:
        rack.add(piece)
    return Placed(rack.height_u, rack.slots)


class _Rack:
    """A rack that is being filled. Bit n of ``_free``: U n + 1 is free."""

    def __init__(
        self, remembered: Placed | None, height_u: int, max_height_u: int
    ) -> None:
        known = remembered.height_u if remembered else height_u
        self.height_u = max(known, 1)
        self._max_height_u = max(max_height_u, self.height_u)
        self._free = (1 << self._max_height_u) - 1
        self.slots: dict[Ref, Slot] = {}

    def keep(self, piece: Piece, slot: Slot | None) -> bool:
        """Take the slot that is remembered, if the device still fits it."""
        if slot is None or piece.height_u > slot.height_u:
            return False
        return self._take(piece, slot.start_u, self._max_height_u)

    def widen(self, piece: Piece, slot: Slot | None) -> bool:
        """Let a device that has become higher stay, if there is room."""
        if slot is None:
            return False
        return self._take(piece, slot.start_u, self.height_u)

    def add(self, piece: Piece) -> None:
        """Take the first gap; without one, as much of a growth as fits."""
        starts = self._starts(piece.height_u)
        within = starts & _ones(self.height_u - piece.height_u + 1)
        if within:
            start = within.bit_length() if piece.from_top else _lowest(within)
        elif starts:
            start = _lowest(starts)
        else:
            return
        self._take(piece, start, self._max_height_u)

    def _starts(self, height_u: int) -> int:
        """Return the U at which so many are free, as bits."""
        found = self._free
        for n in range(1, height_u):
            found &= self._free >> n
        return found

    def _take(self, piece: Piece, start_u: int, up_to_u: int) -> bool:
        slot = Slot(start_u, piece.height_u)
        if start_u < 1 or slot.end_u > up_to_u:
            return False
        bits = _ones(slot.height_u) << (start_u - 1)
        if self._free & bits != bits:
            return False
        self._free &= ~bits
        self.slots[piece.ref] = slot
        self.height_u = max(self.height_u, slot.end_u)
        return True


def _ones(count: int) -> int:
    return (1 << max(count, 0)) - 1


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length()
