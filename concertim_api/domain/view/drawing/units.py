"""The rows of a cabinet: a unit each, and free units as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from concertim_api.domain.view.slots import Slot

#: The height of one row.
U = 22

#: So many free units beside each other are one row.
_FOLDED = 2


class Row(NamedTuple):
    """One unit, or free ones that are drawn as one; ``y``: its upper edge."""

    start_u: int
    end_u: int
    y: float
    is_free: bool

    @property
    def label(self) -> str:
        if self.start_u == self.end_u:
            return str(self.end_u)
        return f"{self.start_u}-{self.end_u}"


def rows(height_u: int, slots: Iterable[Slot]) -> list[Row]:
    """Return the rows of a cabinet, from the top down, from y = 0."""
    spans = reversed([*_spans(height_u, slots)])
    return [
        Row(start_u, end_u, n * U, is_free)
        for n, (start_u, end_u, is_free) in enumerate(spans)
    ]


def _spans(
    height_u: int, slots: Iterable[Slot]
) -> Iterator[tuple[int, int, bool]]:
    """Yield the units of each row, and whether they are free."""
    next_u = 1
    for start_u, slot_height_u in (*sorted(slots), Slot(height_u + 1, 0)):
        if start_u - next_u >= _FOLDED:
            yield next_u, start_u - 1, True
        else:
            yield from ((u, u, True) for u in range(next_u, start_u))
        next_u = start_u + slot_height_u
        yield from ((u, u, False) for u in range(start_u, next_u))
