"""A rack, drawn in a terminal.

From its top to its bottom, each device in its slot. A colour says nothing
that a word or a sign does not say.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TextIO

from rich import cells, console
from rich.text import Text

from concertim_api.osc.cells import lines
from concertim_api.osc.drawing.columns import ORDER, fit
from concertim_api.osc.drawing.paper import Edge, Paper

Row = Mapping[str, Any]

#: The least height of a free block that becomes one line in a short room.
_GAP = 3

#: The least width of a drawing in a terminal that is wide enough.
_WIDTH = 40

#: The least width of a drawing beside others, and the room between two.
_BESIDE, _BETWEEN = 36, 2

#: The least width of a drawing in any terminal.
_NARROW_WIDTH = 26

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
    ("cost", "cost"),
)

#: The width before the inside of a rack: units, a space, its side.
_MARGIN = 7


class Block(NamedTuple):
    """Some units of a rack: those of a device, or free ones."""

    top: int
    bottom: int
    device: Row | None = None

    @property
    def units(self) -> range:
        return range(self.top, self.bottom - 1, -1)


def show(rack: Row, stream: TextIO, at: datetime | None = None) -> None:
    """Print a rack and its devices in the size of the terminal."""
    size = shutil.get_terminal_size()
    width = max(size.columns, _NARROW_WIDTH)
    paper = Paper(width, size.lines, stream.encoding or "utf-8")
    screen = console.Console(file=stream, highlight=False)
    for line in draw(rack, paper, at):
        screen.print(line, soft_wrap=True)


def show_all(racks: Sequence[Row], stream: TextIO) -> None:
    """Print racks side by side, as many as the terminal has room for."""
    size = shutil.get_terminal_size()
    count = max(1, (size.columns + _BETWEEN) // (_BESIDE + _BETWEEN))
    count = min(count, len(racks)) or 1
    width = (size.columns + _BETWEEN) // count - _BETWEEN
    width = max(width, _NARROW_WIDTH)
    paper = Paper(width, size.lines, stream.encoding or "utf-8")
    screen = console.Console(file=stream, highlight=False)
    for first in range(0, len(racks), count):
        row = [draw(rack, paper) for rack in racks[first : first + count]]
        for parts in itertools.zip_longest(*row):
            screen.print(_side_by_side(parts, width), soft_wrap=True)
        screen.print()


def _side_by_side(parts: Iterable[Text | None], width: int) -> Text:
    """Return a line of several drawings, each in the same width."""
    texts = [part or Text() for part in parts]
    for text in texts:
        text.truncate(width, pad=True)
    return Text(" " * _BETWEEN).join(texts)


def draw(rack: Row, paper: Paper, at: datetime | None = None) -> list[Text]:
    """Return the lines of a drawing."""
    blocks, rest = _stack(rack)
    picture = _Picture(rack, paper)
    head = [*picture.header(at), Text()]
    foot = [*picture.unplaced(rest), *picture.outputs()]
    room = paper.height - len(head) - len(foot) - 3
    return [*head, *picture.rack(blocks, room), *foot]


def _stack(rack: Row) -> tuple[list[Block], list[Row]]:
    """Return the blocks of a rack from its top, and devices without one."""
    owners: dict[int, Row] = {}
    rest = []
    for device in rack["devices"]:
        start, height = device["start_u"], device["height_u"] or 1
        units = range(start or 0, (start or 0) + height)
        if start is None or any(unit in owners for unit in units):
            rest.append(device)
        else:
            owners.update(dict.fromkeys(units, device))
    top = max(rack["height_u"] or 0, *owners, 1)
    return [*_blocks(owners, top)], rest


def _blocks(owners: Mapping[int, Row], top: int) -> Iterator[Block]:
    """Yield the blocks from the top down, each as high as possible."""
    unit = top
    while unit > 0:
        device, bottom = owners.get(unit), unit
        while bottom > 1 and owners.get(bottom - 1) is device:
            bottom -= 1
        yield Block(unit, bottom, device)
        unit = bottom - 1


class _Picture:
    """The parts of a drawing of one rack."""

    def __init__(self, rack: Row, paper: Paper) -> None:
        self._rack = rack
        self._paper = paper
        self._signs = paper.signs
        self._columns = self._column_widths()
        width = sum(self._columns.values()) + 2 * len(self._columns) + 1
        #: The width between the sides of the rack.
        self._inner = max(width + 2, min(_WIDTH, paper.width) - _MARGIN - 1)
        self._width = _MARGIN + self._inner + 1

    def header(self, at: datetime | None) -> Iterator[Text]:
        """Yield the lines about the rack itself."""
        rack, text, signs = self._rack, self._paper.text, self._signs
        status = text(rack["status"])
        title = Text.assemble(
            (text(rack["name"]), "bold"),
            (f"  {self._sign(status)} {status}", _colour(status)),
        )
        used = f"{rack['used_u']} of {rack['height_u']} U used"
        devices = rack["device_count"]
        count = f"{devices} device{'s' * (devices != 1)}"
        yield from self._beside(title, Text(signs.dot.join((used, count))))
        if at:
            yield Text(f"as it was at {at:%Y-%m-%d %H:%M:%S} UTC", "bold")
        facts = [
            f"{name} {text(rack[key])}"
            for name, key in _FACTS
            if rack.get(key)
        ]
        yield from self._paragraph(signs.dot.join(facts), "dim")
        yield from self._paragraph(text(rack.get("status_reason")))
        for message in rack.get("messages") or ():
            warning = f"{signs.warning} {text(message)}"
            yield from self._paragraph(warning, "yellow")

    def rack(self, blocks: Sequence[Block], room: int) -> Iterator[Text]:
        """Yield the lines of the rack; a free block may become one line."""
        is_short = sum(len(block.units) for block in blocks) > room
        yield self._edge(self._signs.top)
        for block in blocks:
            if block.device is not None:
                lines = self._device_lines(block.device, len(block.units))
                for unit, line in zip(block.units, lines, strict=True):
                    yield self._unit(unit, line)
            elif is_short and len(block.units) >= _GAP:
                yield self._gap(block)
            else:
                for unit in block.units:
                    yield self._unit(unit, Text(" " * self._inner))
        yield self._edge(self._signs.bottom)

    def unplaced(self, devices: Sequence[Row]) -> Iterator[Text]:
        """Yield the lines of the devices without a slot."""
        if devices:
            yield Text()
            yield Text("Without a slot", "bold")
        for device in devices:
            for line in self._device_lines(device, 1):
                yield Text.assemble(" " * _MARGIN, line)

    def outputs(self) -> Iterator[Text]:
        """Yield the outputs of the stack, a line for each."""
        outputs = [*lines(self._rack.get("outputs") or {})]
        if outputs:
            yield Text()
            yield Text("Outputs", "bold")
        for output in outputs:
            line = "  " + self._paper.text(output)
            yield Text(self._paper.cut(line, self._paper.width))

    def _column_widths(self) -> dict[str, int]:
        """Return the columns that fit, and their widths."""
        room = self._paper.width - _MARGIN - 4
        widths = {}
        for name in ORDER:
            texts = (self._cell(row, name) for row in self._rack["devices"])
            widest = max(map(cells.cell_len, texts), default=0)
            if widest:
                widths[name] = widest
        return fit(widths, room)

    def _device_lines(self, device: Row, height: int) -> Iterator[Text]:
        """Yield the lines of a device, with the edges of its slot."""
        status = self._cell(device, "status")
        colour = _colour(status)
        columns = {
            name: self._cell_lines(device, name, width, height)
            for name, width in self._columns.items()
        }
        for number in range(height):
            edge = self._slot_edge(number, height)
            sign = " " if number else self._sign(status)
            line = Text.assemble((f"{edge.first}{sign} ", colour))
            for name, cell in columns.items():
                style = {"name": "bold", "status": colour}.get(name, "")
                line.append(cell[number] + "  ", style)
            line.truncate(self._inner - 1, pad=True)
            yield line.append(edge.last, colour)

    def _cell_lines(
        self, device: Row, name: str, width: int, height: int
    ) -> list[str]:
        """Return the lines of a column of a device."""
        paper = self._paper
        cut = paper.cut_within if name == "name" else paper.cut
        lines = paper.fold(self._cell(device, name), width, height)
        lines += [""] * (height - len(lines))
        return [cells.set_cell_size(cut(line, width), width) for line in lines]

    def _slot_edge(self, number: int, height: int) -> Edge:
        if height == 1:
            return self._signs.single
        if number == 0:
            return self._signs.first
        last = number == height - 1
        return self._signs.last if last else self._signs.inner

    def _cell(self, device: Row, name: str) -> str:
        """Return the text of a column of a device."""
        if name == "notes":
            return self._paper.text(_notes(device))
        if name == "template" and device[name] == device["type"].lower():
            return ""  # the type has the same word
        return self._paper.text(device.get(name))

    def _sign(self, status: str) -> str:
        return self._signs.statuses.get(status, "?")

    def _gap(self, block: Block) -> Text:
        line = f"{len(block.units)} U free".center(self._inner)
        units = f"{block.bottom}-{block.top}"
        return self._unit(units, Text(line, "dim"), self._signs.gap)

    def _unit(
        self, units: object, line: Text, side: Edge | None = None
    ) -> Text:
        side = side or self._signs.side
        label = f"{units:>{_MARGIN - 2}} {side.first}"
        return Text.assemble((label, "dim"), line, (side.last, "dim"))

    def _edge(self, edge: Edge) -> Text:
        line = edge.first + edge.inside * self._inner + edge.last
        return Text(" " * (_MARGIN - 1) + line, "dim")

    def _beside(self, first: Text, last: Text) -> Iterator[Text]:
        """Yield two texts in one line if both fit, else in two."""
        room = self._width - first.cell_len - last.cell_len
        if room < 2:
            yield first
            yield last
        else:
            yield Text.assemble(first, " " * room, last)

    def _paragraph(self, text: str, style: str = "") -> Iterator[Text]:
        """Yield a text in the width of the paper, in three lines at most."""
        if text:
            width = self._paper.width
            for line in self._paper.fold(text, width, 3):
                yield Text(self._paper.cut(line, width), style)


def _colour(status: str) -> str:
    return COLOURS.get(status, "")


def _notes(device: Row) -> str:
    """Return the addresses of a device, or the size of a volume."""
    details = device["details"] or {}
    words = [*(device["public_ips"] or ()), *(device["private_ips"] or ())]
    if device["type"] == "Volume" and details.get("size") is not None:
        words += [details["size"], "GB", details.get("volume_type")]
    return " ".join(str(word) for word in words if word is not None)
