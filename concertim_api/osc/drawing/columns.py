"""The columns of a device that fit in a drawing, and their widths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

#: column -> its least width. The most important one is first; where there is
#: no room, the last ones are left out.
_MINIMUM = {"name": 12, "status": 11, "type": 8, "template": 8, "notes": 15}

#: Columns and widths: the spare room goes to each in turn, up to its width.
_MAXIMUM = (
    *(("status", 99), ("type", 99), ("template", 30)),
    *(("name", 30), ("notes", 99), ("name", 99), ("template", 99)),
)

#: The order in a drawing.
ORDER = ("name", "type", "status", "template", "notes")


def fit(widths: Mapping[str, int], room: int) -> dict[str, int]:
    """Return the columns that fit, in their order, and their widths.

    ``widths`` are those of the contents. A less important column has less
    room, or none.
    """
    names = [name for name in _MINIMUM if name in widths]
    least = {name: min(widths[name], _MINIMUM[name]) for name in names}
    while len(names) > 1 and _sum(least[name] for name in names) > room:
        names.pop()
    columns = {name: least[name] for name in names}
    for name, most in _MAXIMUM:
        if name in columns:
            spare = max(0, room - _sum(columns.values()))
            growth = max(0, min(widths[name], most) - columns[name])
            columns[name] += min(growth, spare)
    return {name: columns[name] for name in ORDER if name in columns}


def _sum(widths: Iterable[int]) -> int:
    """Return the width of some columns, each with a gap after it."""
    return sum(width + 2 for width in widths)
