"""The columns of a device that fit in a drawing, and their widths."""

from __future__ import annotations

from collections.abc import Mapping

from concertim_api.osc.drawing.paper import spread

#: column -> its least width. The most important one is first; where there is
#: no room, the last ones are left out.
_MINIMUM = {
    "name": 12,
    "status": 11,
    "cost": 12,
    "type": 8,
    "template": 8,
    "notes": 15,
}

#: Columns and widths: the spare room goes to each in turn, up to its width.
_MAXIMUM = (
    *(("cost", 99), ("status", 99), ("type", 99), ("template", 30)),
    *(("name", 30), ("notes", 99), ("name", 99), ("template", 99)),
)

#: The order in a drawing.
ORDER = ("name", "type", "status", "cost", "template", "notes")


def fit(widths: Mapping[str, int], room: int) -> dict[str, int]:
    """Return the columns that fit, in their order, and their widths.

    ``widths`` are those of the contents. A less important column has less
    room, or none.
    """
    least = {
        name: min(widths[name], minimum)
        for name, minimum in _MINIMUM.items()
        if name in widths
    }
    growth = [
        (name, min(widths[name], maximum))
        for name, maximum in _MAXIMUM
        if name in widths
    ]
    columns = spread(least, growth, room, gap=2)
    return {name: columns[name] for name in ORDER if name in columns}
