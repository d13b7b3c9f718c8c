"""A rack, drawn in a terminal.

From its top to its bottom, each device in its slot. Colours say nothing that
is not said without them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TextIO

from rich import cells, console
from rich.text import Text

from concertim_api.osc.cells import lines
from concertim_api.osc.drawing.columns import ORDER, fitted
from concertim_api.osc.drawing.paper import Edge, Paper, padded

Item = Mapping[str, Any]

#: Free runs at least so high become one line where room is short.
_RUN = 3

#: No drawing is narrower than that, if there is room.
_NARROW = 40

#: Nobody reads what is narrower.
_NARROWEST = 26

COLOURS = {
    "ACTIVE": "green",
    "AVAILABLE": "cyan",
    "IN_PROGRESS": "yellow",
    "FAILED": "bold red",
    "SUSPENDED": "magenta",
    "STOPPED": "blue",
}

_FACTS = (
    ("project", "project"),
    ("region", "region"),
    ("stack", "stack_name"),
    ("owner", "owner"),
)

#: What comes before the inside of a rack: units, a space, its side.
_MARGIN = 7


class Block(NamedTuple):
    """Some units of a rack: of a device, or free."""

    top: int
    bottom: int
    device: Item | None = None

    @property
    def units(self) -> range:
        return range(self.top, self.bottom - 1, -1)


def show(rack: Item, stream: TextIO, at: datetime | None = None) -> None:
    """Draw a rack and its devices as large as the terminal is."""
    size = shutil.get_terminal_size()
    width = max(size.columns, _NARROWEST)
    paper = Paper(width, size.lines, stream.encoding or "utf-8")
    screen = console.Console(file=stream, highlight=False)
    for line in drawn(rack, paper, at):
        screen.print(line, soft_wrap=True)


def drawn(rack: Item, paper: Paper, at: datetime | None = None) -> list[Text]:
    """Return the lines of a drawing."""
    blocks, left_over = stacked(rack)
    picture = _Picture(rack, paper)
    head = [*picture.header(at), Text()]
    foot = [*picture.without_slot(left_over), *picture.outputs()]
    room = paper.height - len(head) - len(foot) - 3
    return [*head, *picture.rack(blocks, room), *foot]


def stacked(rack: Item) -> tuple[list[Block], list[Item]]:
    """Return what fills a rack, from its top, and what has no place there."""
    owners: dict[int, Item] = {}
    left_over = []
    for device in rack["devices"]:
        start, height = device["start_u"], device["height_u"] or 1
        units = range(start or 0, (start or 0) + height)
        if start is None or any(unit in owners for unit in units):
            left_over.append(device)
        else:
            owners.update(dict.fromkeys(units, device))
    top = max(rack["height_u"] or 0, *owners, 1)
    return [*_blocks(owners, top)], left_over


def _blocks(owners: Mapping[int, Item], top: int) -> Iterator[Block]:
    """Yield the blocks from a top down, each as high as it can be."""
    unit = top
    while unit > 0:
        device, bottom = owners.get(unit), unit
        while bottom > 1 and owners.get(bottom - 1) is device:
            bottom -= 1
        yield Block(unit, bottom, device)
        unit = bottom - 1


class _Picture:
    """The parts of a drawing of one rack."""

    def __init__(self, rack: Item, paper: Paper) -> None:
        self._rack = rack
        self._paper = paper
        self._signs = paper.signs
        self._columns = self._fitted()
        needed = sum(self._columns.values()) + 2 * len(self._columns) + 1
        #: The width between the sides of the rack.
        self._inner = max(needed + 2, min(_NARROW, paper.width) - _MARGIN - 1)
        self._width = _MARGIN + self._inner + 1

    def header(self, at: datetime | None) -> Iterator[Text]:
        """Yield what is to be said of the rack itself."""
        rack, words, signs = self._rack, self._paper.words, self._signs
        status = words(rack["status"])
        title = Text.assemble(
            (words(rack["name"]), "bold"),
            (f"  {self._sign(status)} {status}", _colour(status)),
        )
        used = f"{rack['used_u']} of {rack['height_u']} U used"
        devices = rack["device_count"]
        count = f"{devices} device{'s' * (devices != 1)}"
        yield from self._beside(title, Text(signs.dot.join((used, count))))
        if at:
            yield Text(f"as it was at {at:%Y-%m-%d %H:%M:%S} UTC", "bold")
        facts = [
            f"{name} {words(rack[key])}"
            for name, key in _FACTS
            if rack.get(key)
        ]
        yield from self._said(signs.dot.join(facts), "dim")
        yield from self._said(words(rack.get("status_reason")))
        for message in rack.get("messages") or ():
            told = f"{signs.warning} {words(message)}"
            yield from self._said(told, "yellow")

    def rack(self, blocks: Sequence[Block], room: int) -> Iterator[Text]:
        """Yield the rack; free units that there is no room for become one
        line."""
        short = sum(len(block.units) for block in blocks) > room
        yield self._edge(self._signs.top)
        for block in blocks:
            if block.device is not None:
                framed = self._framed(block.device, len(block.units))
                for unit, line in zip(block.units, framed, strict=True):
                    yield self._unit(unit, line)
            elif short and len(block.units) >= _RUN:
                yield self._gap(block)
            else:
                for unit in block.units:
                    yield self._unit(unit, Text(" " * self._inner))
        yield self._edge(self._signs.bottom)

    def without_slot(self, devices: Sequence[Item]) -> Iterator[Text]:
        """Yield the devices for which the rack has no room."""
        if devices:
            yield Text()
            yield Text("Without a slot", "bold")
        for device in devices:
            for line in self._framed(device, 1):
                yield Text.assemble(" " * _MARGIN, line)

    def outputs(self) -> Iterator[Text]:
        """Yield the outputs of the stack, a line for each."""
        outputs = [*lines(self._rack.get("outputs") or {})]
        if outputs:
            yield Text()
            yield Text("Outputs", "bold")
        for output in outputs:
            told = "  " + self._paper.words(output)
            yield Text(self._paper.cut(told, self._paper.width))

    def _fitted(self) -> dict[str, int]:
        """Return the columns that there is room for, and their widths."""
        room = self._paper.width - _MARGIN - 4
        widths = {}
        for name in ORDER:
            told = (self._told(one, name) for one in self._rack["devices"])
            widest = max(map(cells.cell_len, told), default=0)
            if widest:
                widths[name] = widest
        return fitted(widths, room)

    def _framed(self, device: Item, height: int) -> Iterator[Text]:
        """Yield the lines of a device, between the marks of its slot."""
        status = self._told(device, "status")
        colour = _colour(status)
        columns = {
            name: self._cell(device, name, width, height)
            for name, width in self._columns.items()
        }
        for number in range(height):
            mark = self._mark(number, height)
            sign = " " if number else self._sign(status)
            line = Text.assemble((f"{mark.left}{sign} ", colour))
            for name, cell in columns.items():
                style = {"name": "bold", "status": colour}.get(name, "")
                line.append(cell[number] + "  ", style)
            line.truncate(self._inner - 1, pad=True)
            yield line.append(mark.right, colour)

    def _cell(
        self, device: Item, name: str, width: int, height: int
    ) -> list[str]:
        """Return the lines of a column of a device."""
        paper = self._paper
        cut = paper.cut_within if name == "name" else paper.cut
        lines = paper.folded(self._told(device, name), width, height)
        lines += [""] * (height - len(lines))
        return [padded(cut(line, width), width) for line in lines]

    def _mark(self, number: int, height: int) -> Edge:
        if height == 1:
            return self._signs.single
        if number == 0:
            return self._signs.first
        last = number == height - 1
        return self._signs.last if last else self._signs.inner

    def _told(self, device: Item, name: str) -> str:
        """Return what a column shows of a device."""
        if name == "notes":
            return self._paper.words(_notes(device))
        if name == "template" and device[name] == device["type"].lower():
            return ""  # which says nothing new
        return self._paper.words(device[name])

    def _sign(self, status: str) -> str:
        return self._signs.statuses.get(status, "?")

    def _gap(self, block: Block) -> Text:
        told = f"{len(block.units)} U free".center(self._inner)
        units = f"{block.bottom}-{block.top}"
        return self._unit(units, Text(told, "dim"), self._signs.gap)

    def _unit(
        self, units: object, line: Text, side: Edge | None = None
    ) -> Text:
        side = side or self._signs.side
        label = f"{units:>{_MARGIN - 2}} {side.left}"
        return Text.assemble((label, "dim"), line, (side.right, "dim"))

    def _edge(self, edge: Edge) -> Text:
        line = edge.left + edge.along * self._inner + edge.right
        return Text(" " * (_MARGIN - 1) + line, "dim")

    def _beside(self, left: Text, right: Text) -> Iterator[Text]:
        """Yield two texts, at both ends of a line if both fit there."""
        room = self._width - left.cell_len - right.cell_len
        if room < 2:
            yield left
            yield right
        else:
            yield Text.assemble(left, " " * room, right)

    def _said(self, text: str, style: str = "") -> Iterator[Text]:
        """Yield a text as wide as the terminal, in three lines at most."""
        if text:
            width = self._paper.width
            for line in self._paper.folded(text, width, 3):
                yield Text(self._paper.cut(line, width), style)


def _colour(status: str) -> str:
    return COLOURS.get(status, "")


def _notes(device: Item) -> str:
    """Return what else tells devices of a type apart, as far as known."""
    details = device["details"] or {}
    words = [*(device["public_ips"] or ()), *(device["private_ips"] or ())]
    if device["type"] == "Volume" and details.get("size") is not None:
        words += [details["size"], "GB", details.get("volume_type")]
    return " ".join(str(word) for word in words if word is not None)
