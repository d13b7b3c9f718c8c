"""Slots: the units of each device in a rack, and the growth of a rack.

Servers and volumes go in from the bottom up, networks from the top down. Each
gets the first gap that is high enough. A device keeps its slot as long as it
lives, whatever happens to others.
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


class RackSlots(NamedTuple):
    """The height of a rack, and the slots of its devices.

    A device without a slot is not in it.
    """

    height_u: int
    slots: Mapping[Ref, Slot]


class Occupant(NamedTuple):
    """A device that has or needs a slot."""

    ref: Ref
    height_u: int
    created_at: datetime | None
    from_top: bool = False

    @property
    def seniority(self) -> tuple[datetime, str, str, str]:
        """The key of the order by age; no two are equal."""
        ref = self.ref
        return self.created_at or _NEVER, ref.kind, ref.id, ref.region


def place(
    occupants: Iterable[Occupant],
    previous: RackSlots | None,
    height_u: int,
    max_height_u: int,
) -> RackSlots:
    """Return the slots of devices in a rack, and its height.

    The order of the occupants does not matter. One with a previous slot
    keeps it; if two had the same slot, the older one does. One that has
    become higher stays if there is room, else it moves. The others get the
    first gap, the oldest first. Without a gap the rack grows by as much as
    it must, up to its maximum. It never becomes lower than it was.
    """
    rack = _Rack(previous, height_u, max_height_u)
    slots = previous.slots if previous else {}
    rest = sorted(occupants, key=lambda occupant: occupant.seniority)
    rest = [o for o in rest if not rack.keep(o, slots.get(o.ref))]
    rest = [o for o in rest if not rack.widen(o, slots.get(o.ref))]
    for occupant in rest:
        rack.add(occupant)
    return RackSlots(rack.height_u, rack.slots)


class _Rack:
    """A rack while it is filled. Bit n of ``_free``: U n + 1 is free."""

    def __init__(
        self, previous: RackSlots | None, height_u: int, max_height_u: int
    ) -> None:
        height_u = previous.height_u if previous else height_u
        self.height_u = max(height_u, 1)
        self._max_height_u = max(max_height_u, self.height_u)
        self._free = (1 << self._max_height_u) - 1
        self.slots: dict[Ref, Slot] = {}

    def keep(self, occupant: Occupant, slot: Slot | None) -> bool:
        """Take the previous slot, if the device still fits it."""
        if slot is None or occupant.height_u > slot.height_u:
            return False
        return self._take(occupant, slot.start_u, self._max_height_u)

    def widen(self, occupant: Occupant, slot: Slot | None) -> bool:
        """Take the place of the previous slot, if it has room above."""
        if slot is None:
            return False
        return self._take(occupant, slot.start_u, self.height_u)

    def add(self, occupant: Occupant) -> None:
        """Take the first gap; without one, let the rack grow if it may."""
        starts = self._starts(occupant.height_u)
        gaps = starts & _ones(self.height_u - occupant.height_u + 1)
        if gaps:
            start = gaps.bit_length() if occupant.from_top else _lowest(gaps)
        elif starts:
            start = _lowest(starts)
        else:
            return
        self._take(occupant, start, self._max_height_u)

    def _starts(self, height_u: int) -> int:
        """Return the U above which so many are free, as bits."""
        starts = self._free
        for n in range(1, height_u):
            starts &= self._free >> n
        return starts

    def _take(self, occupant: Occupant, start_u: int, top_u: int) -> bool:
        slot = Slot(start_u, occupant.height_u)
        if start_u < 1 or slot.end_u > top_u:
            return False
        bits = _ones(slot.height_u) << (start_u - 1)
        if self._free & bits != bits:
            return False
        self._free &= ~bits
        self.slots[occupant.ref] = slot
        self.height_u = max(self.height_u, slot.end_u)
        return True


def _ones(count: int) -> int:
    return (1 << max(count, 0)) - 1


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length()
