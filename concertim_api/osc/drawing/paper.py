"""The paper of a drawing or a table: its size and signs, what fits on it."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rich import cells

from concertim_api.osc.cells import escape


class Edge(NamedTuple):
    """The signs of a line: its first one, those inside, and its last one."""

    first: str
    inside: str
    last: str


@dc.dataclass(frozen=True, slots=True)
class Signs:
    """The signs of a drawing: edges of racks and devices, and statuses."""

    top: Edge
    side: Edge
    gap: Edge
    bottom: Edge
    single: Edge
    first: Edge
    inner: Edge
    last: Edge
    more: str
    warning: str
    dot: str
    statuses: Mapping[str, str]

    def is_in(self, encoding: str) -> bool:
        """Whether an encoding has all of the signs."""
        *edges, more, warning, dot, statuses = dc.astuple(self)
        signs = [*map("".join, edges), more, warning, dot, *statuses.values()]
        try:
            "".join(signs).encode(encoding)
        except (UnicodeError, LookupError):
            return False
        return True


_STATUSES = (
    *("ACTIVE", "AVAILABLE", "IN_PROGRESS", "FAILED", "SUSPENDED"),
    "STOPPED",
)

FINE = Signs(
    top=Edge(*"┏━┓"),
    side=Edge(*"┃ ┃"),
    gap=Edge(*"┇ ┇"),
    bottom=Edge(*"┗━┛"),
    single=Edge(*"[ ]"),
    first=Edge(*"┌ ┐"),
    inner=Edge(*"│ │"),
    last=Edge(*"└ ┘"),
    more="…",
    warning="▲",
    dot=" · ",
    statuses=dict(zip(_STATUSES, "●◆◐✗‖○", strict=True)),
)

PLAIN = Signs(
    top=Edge(*"+-+"),
    side=Edge(*"| |"),
    gap=Edge(*": :"),
    bottom=Edge(*"+-+"),
    single=Edge(*"[ ]"),
    first=Edge(*"/ \\"),
    inner=Edge(*"| |"),
    last=Edge(*"\\ /"),
    more="~",
    warning="!",
    dot=", ",
    statuses=dict(zip(_STATUSES, "+=*!zo", strict=True)),
)


@dc.dataclass(frozen=True, slots=True)
class Paper:
    """The paper of a drawing; its size is in columns and lines."""

    width: int
    height: int
    encoding: str = "utf-8"

    @property
    def signs(self) -> Signs:
        return FINE if FINE.is_in(self.encoding) else PLAIN

    def text(self, value: object) -> str:
        """Return a value as one line in this encoding; "" for None."""
        line = "" if value is None else escape(str(value), exempt="")
        data = line.encode(self.encoding, "backslashreplace")
        return data.decode(self.encoding)

    def cut(self, text: str, width: int) -> str:
        """Return a text that is cut at a width."""
        if cells.cell_len(text) <= width:
            return text
        more = self.signs.more
        return _head(text, width - cells.cell_len(more)) + more

    def cut_within(self, text: str, width: int) -> str:
        """Return a name that is cut in its middle: its end is important."""
        if cells.cell_len(text) <= width:
            return text
        more = self.signs.more
        room = width - cells.cell_len(more)
        end = _head(text[::-1], room // 2)[::-1]
        return _head(text, room - cells.cell_len(end)) + more + end

    def fold(self, text: str, width: int, most: int) -> list[str]:
        """Return a text as ``most`` lines at most.

        Only the last one may be wider. A line ends after a space or a
        hyphen, if there is one.
        """
        lines: list[str] = []
        while cells.cell_len(text) > width and len(lines) < most - 1:
            head = _head(text, width)
            end = max(head.rfind(" "), head.rfind("-")) + 1
            if end and text[len(head)] != " ":
                head = head[:end]
            lines.append(head.rstrip())
            text = text[len(head) :].lstrip()
        return [*lines, text]


def _head(text: str, width: int) -> str:
    return cells.chop_cells(text, width)[0] if width > 0 else ""


def spread(
    least: Mapping[str, int],
    growth: Iterable[tuple[str, int]],
    room: int,
    gap: int,
) -> dict[str, int]:
    """Return the columns that fit in a room, and their widths.

    ``least`` has the least widths, the most important column first: the last
    ones are left out where there is no room. The room that is left goes to
    the columns of ``growth`` in turn, each up to the width there. After each
    column comes a ``gap``.
    """
    columns = dict(least)
    while len(columns) > 1 and _sum(columns.values(), gap) > room:
        columns.popitem()
    for name, most in growth:
        if name in columns:
            spare = max(0, room - _sum(columns.values(), gap))
            columns[name] += min(max(0, most - columns[name]), spare)
    return columns


def _sum(widths: Iterable[int], gap: int) -> int:
    """Return the width of some columns, each with a gap after it."""
    return sum(width + gap for width in widths)
