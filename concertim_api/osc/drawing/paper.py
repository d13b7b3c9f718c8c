"""What a terminal can show: its size, its signs, and words made to fit."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from typing import NamedTuple

from rich import cells

from concertim_api.osc.cells import printable


class Edge(NamedTuple):
    """The signs of a line: at its left, all along, and at its right."""

    left: str
    along: str
    right: str


@dc.dataclass(frozen=True, slots=True)
class Signs:
    """What drawings are made of: the edges of racks and of devices, and
    what stands for a word."""

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

    def can_be_written(self, encoding: str) -> bool:
        """Return whether an encoding has all of them."""
        words = [self.more, self.warning, self.dot, *self.statuses.values()]
        edges = (self.top, self.side, self.gap, self.bottom)
        slots = (self.single, self.first, self.inner, self.last)
        signs = [*words, *("".join(edge) for edge in (*edges, *slots))]
        try:
            "".join(signs).encode(encoding)
        except (UnicodeError, LookupError):
            return False
        return True


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
    statuses={
        "ACTIVE": "●",
        "AVAILABLE": "◆",
        "IN_PROGRESS": "◐",
        "FAILED": "✗",
        "SUSPENDED": "‖",
        "STOPPED": "○",
    },
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
    statuses={
        "ACTIVE": "+",
        "AVAILABLE": "=",
        "IN_PROGRESS": "*",
        "FAILED": "!",
        "SUSPENDED": "z",
        "STOPPED": "o",
    },
)


@dc.dataclass(frozen=True, slots=True)
class Paper:
    """Where something is drawn: so many columns and lines."""

    width: int
    height: int
    encoding: str = "utf-8"

    @property
    def signs(self) -> Signs:
        return FINE if FINE.can_be_written(self.encoding) else PLAIN

    def words(self, value: object) -> str:
        """Return a value as text that can be written here, in one line."""
        text = "" if value is None else printable(str(value), kept="")
        written = text.encode(self.encoding, "backslashreplace")
        return written.decode(self.encoding)

    def cut(self, text: str, width: int) -> str:
        """Return as much of a text as there is room for."""
        if cells.cell_len(text) <= width:
            return text
        more = self.signs.more
        return _first(text, width - cells.cell_len(more)) + more

    def cut_within(self, text: str, width: int) -> str:
        """Return a name cut to its width: its end tells it from others."""
        if cells.cell_len(text) <= width:
            return text
        left = width - cells.cell_len(self.signs.more)
        end = _first(text[::-1], left // 2)[::-1]
        return _first(text, left - cells.cell_len(end)) + self.signs.more + end

    def folded(self, text: str, width: int, most: int) -> list[str]:
        """Return a text on so many lines at most, each but the last no
        wider than that, and broken after a space or a hyphen if it can."""
        lines: list[str] = []
        while cells.cell_len(text) > width and len(lines) < most - 1:
            head = _first(text, width)
            end = max(head.rfind(" "), head.rfind("-")) + 1
            if end and text[len(head)] != " ":
                head = head[:end]
            lines.append(head.rstrip())
            text = text[len(head) :].lstrip()
        return [*lines, text]


def _first(text: str, width: int) -> str:
    return cells.chop_cells(text, width)[0] if width > 0 else ""


def padded(text: str, width: int) -> str:
    """Return a text with spaces up to a width."""
    return cells.set_cell_size(text, width)
