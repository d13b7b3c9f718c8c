"""Tables that fit in a terminal.

Where there is no room for all of it, times and ids are short, texts are cut,
and at last columns are left out, the least important ones first.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.cells import cell_len

from concertim_api.osc.cells import Hours, Sentence, Text
from concertim_api.osc.drawing.paper import Paper, spread

#: The width that each column of texts may have before another one has more.
_SHARE = 24

#: Columns whose texts are cut in their middle.
_NAMES = frozenset({"name", "label", "rack"})

_UUID = re.compile(r"([0-9a-f]{8})-?([0-9a-f]{4}-?){3}[0-9a-f]{12}")


def fit(
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    paper: Paper,
    *,
    important: Sequence[str] = (),
    minor: Sequence[str] = (),
) -> tuple[list[str], list[Any]]:
    """Return the ``names`` of the columns that fit on a paper, and the rows.

    A column without any text is left out, and ids come last. Where there is
    no room, the columns of ``minor`` are left out first, in their order, and
    those of ``important`` last.
    """
    cells = zip(*rows, strict=True)
    strips = [_Strip(*strip) for strip in zip(names, cells, strict=False)]
    strips = [strip for strip in strips if any(strip.texts)]
    if not strips:
        return [*names], []
    strips.sort(key=lambda strip: strip.is_id)
    ranks = {name: rank for rank, name in enumerate(reversed(minor), 1)}
    by_importance = sorted(
        strips,
        key=lambda s: (s.name not in important, ranks.get(s.name, 0)),
    )
    widths = _widths(by_importance, strips, paper.width)
    strips = [strip for strip in strips if strip.name in widths]
    columns = (s.cells(widths[s.name], paper) for s in strips)
    return [s.name for s in strips], [*zip(*columns, strict=True)]


def _widths(
    by_importance: Sequence[_Strip], strips: Sequence[_Strip], room: int
) -> dict[str, int]:
    """Return the widths of the columns that fit; texts have room first."""
    texts_first = sorted(strips, key=lambda strip: not strip.can_be_cut)
    growth = [(s.name, min(s.most, _SHARE)) for s in texts_first]
    growth += [(s.name, s.most) for s in texts_first]
    least = {strip.name: strip.least for strip in by_importance}
    return spread(least, growth, room - len("|"), gap=len(" | "))


def fold(names: Sequence[str], cells: Iterable[Any], width: int) -> list[Any]:
    """Return the cells of one row; sentences are folded between words.

    ``width`` is that of a table with a line for each cell and its name.
    """
    room = max(width - _width(names) - len("|  |  |"), _SHARE)

    def folded(cell: Any) -> Any:
        if not isinstance(cell, Sentence):
            return cell
        lines = (
            line
            for text in cell.human_readable().split("\n")
            for line in textwrap.wrap(text, room, break_long_words=False)
        )
        return _Cell(cell, "\n".join(lines))

    return [*map(folded, cells)]


class _Cell(Text):
    """A cell with the text for which there is room.

    Rows are sorted by its value.
    """

    def __init__(self, value: Any, text: str) -> None:
        super().__init__(value)
        self._text = text

    def human_readable(self) -> str:
        return self._text


class _Strip:
    """A column with its cells: objects with texts, or numbers."""

    def __init__(self, name: str, cells: Sequence[Any]) -> None:
        self.name = name
        self.texts = [_text(cell) for cell in cells]
        self.is_id = name.endswith("id") and any(map(_UUID.search, self.texts))
        self.can_be_cut = not self.is_id and all(map(_can_be_cut, cells))
        self._cells = cells
        self._short = [_UUID.sub(r"\1", _short(cell)) for cell in cells]

    @property
    def least(self) -> int:
        """The least width of the column."""
        width = _width(self._short)
        if self.can_be_cut:
            width = min(width, max(cell.least for cell in self._cells))
        return max(width, len(self.name))

    @property
    def most(self) -> int:
        """The width in which all of it has room."""
        return max(_width(self.texts), len(self.name))

    def cells(self, width: int, paper: Paper) -> Iterator[Any]:
        """Yield the cells in a width."""
        has_room = _width(self.texts) <= width
        texts = self.texts if has_room else self._short
        cut = paper.cut_within if self.name in _NAMES else paper.cut
        for cell, text in zip(self._cells, texts, strict=True):
            if isinstance(cell, Hours):
                yield _Cell(cell, text.rjust(width))
            elif isinstance(cell, Text):
                lines = (cut(line, width) for line in text.split("\n"))
                yield _Cell(cell, "\n".join(lines))
            else:
                yield cell


def _text(cell: Any) -> str:
    return cell.human_readable() if isinstance(cell, Text) else str(cell)


def _short(cell: Any) -> str:
    return cell.short() if isinstance(cell, Text) else str(cell)


def _can_be_cut(cell: Any) -> bool:
    return isinstance(cell, Text) and cell.least is not None


def _width(texts: Iterable[str]) -> int:
    """Return the width of the widest line."""
    return max(cell_len(line) for text in texts for line in text.split("\n"))
