"""Which columns of a device fit in a drawing, and how wide each is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

#: The columns of a device and the least that each needs, the most important
#: one first: where there is no room, the last ones are left out.
_LEAST = {"name": 12, "status": 11, "type": 8, "template": 8, "notes": 15}

#: Who gets what room is left, one after the other, and up to which width.
_MOST = (
    *(("status", 99), ("type", 99), ("template", 30)),
    *(("name", 30), ("notes", 99), ("name", 99), ("template", 99)),
)

#: The order in which they are shown.
ORDER = ("name", "type", "status", "template", "notes")


def fitted(widths: Mapping[str, int], room: int) -> dict[str, int]:
    """Return the columns that fit, in their order, and how wide each is.

    What is less important has less room, or none.
    """
    chosen = [name for name in _LEAST if name in widths]
    least = {name: min(widths[name], _LEAST[name]) for name in chosen}
    while len(chosen) > 1 and _taken(least[name] for name in chosen) > room:
        chosen.pop()
    found = {name: least[name] for name in chosen}
    for name, most in _MOST:
        if name in found:
            spare = max(0, room - _taken(found.values()))
            wanted = max(0, min(widths[name], most) - found[name])
            found[name] += min(wanted, spare)
    return {name: found[name] for name in ORDER if name in found}


def _taken(widths: Iterable[int]) -> int:
    """Return the room that columns take: a gap follows each."""
    return sum(width + 2 for width in widths)
