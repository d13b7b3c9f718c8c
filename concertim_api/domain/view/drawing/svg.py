"""The parts of a drawing: SVG elements, texts that fit, signs and icons.

Any text makes well-formed SVG without a function: it is escaped, and a
character that can't be printed is replaced.
"""

from __future__ import annotations

import html
import itertools
import unicodedata
from collections.abc import Iterable, Iterator

from concertim_api.domain.view.drawing.colours import PAPER

#: Common fonts. Widths are those of the widest one.
FONT = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"

#: The sign for a character that can't be printed.
_UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"

_NARROW = frozenset("fijlrtI|!.,:;'`()[]{} -/\\")
_WIDE = frozenset("mwMW@%&—")
_WIDEST = 1.1


def tag(name: str, *content: str, **attributes: object) -> str:
    """Return an element; ``content`` is markup already."""
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
    )
    if not content:
        return f"<{name}{pairs}/>"
    return f"<{name}{pairs}>{''.join(content)}</{name}>"


def text_line(
    text: str, x: float, y: float, size: float, **look: object
) -> str:
    """Return an element with one line of text."""
    return tag("text", escape(text), x=x, y=y, font_size=size, **look)


def hint(*lines: str) -> str:
    """Return the text that a browser shows at the pointer."""
    return tag("title", "\n".join(map(escape, lines)))


def escape(value: object) -> str:
    """Return a text or a number as markup."""
    text = value if isinstance(value, str) else f"{value:g}"
    return html.escape(
        "".join(
            letter if letter.isprintable() else _UNPRINTABLE for letter in text
        )
    )


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of a text, or a little more."""
    return size * sum(map(_em, text)) * (1.12 if bold else 1)


def _em(letter: str) -> float:
    if letter in _NARROW:
        return 0.42
    if letter in _WIDE or unicodedata.east_asian_width(letter) in "WF":
        return 1.05
    if unicodedata.combining(letter):
        return 0
    if not letter.isprintable():
        return _WIDEST
    if not letter.isascii():
        return _WIDEST if letter.isupper() else 0.85
    return 0.72 if letter.isupper() else 0.64


def fit(text: str, room: float, size: float, bold: bool = False) -> str:
    """Return a text, cut with an ellipsis if it is wider than the room."""
    if text_width(text, size, bold) <= room:
        return text
    room -= text_width("…", size, bold)
    widths = (text_width(letter, size, bold) for letter in text)
    length = sum(width <= room for width in itertools.accumulate(widths))
    return text[:length].rstrip() + "…" if length else ""


def join(facts: Iterable[str], room: float, size: float) -> str:
    """Return the facts that fit in a line; only the first one may be cut."""
    line = ""
    for fact in facts:
        longer = f"{line} · {fact}" if line else fit(fact, room, size)
        if text_width(longer, size) > room:
            break
        line = longer
    return line


def fold(text: str, room: float, size: float, most: int) -> list[str]:
    """Return a text as ``most`` lines at most; the last one may be cut."""
    lines = [""]
    for word in _breakable_words(text, room, size):
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > most:
        rest = " ".join(lines[most - 1 :])
        lines[most - 1 :] = [fit(rest, room, size)]
    return lines


def _breakable_words(text: str, room: float, size: float) -> Iterator[str]:
    """Yield the words of a text; one that is too long comes in parts."""
    length = max(int(room / size / _WIDEST), 1)
    for word in text.split():
        if text_width(word, size) <= room:
            yield word
        else:
            for start in range(0, len(word), length):
                yield word[start : start + length]


def sign(status: str, x: float, y: float, size: float, colour: str) -> str:
    """Return the sign of a status; each has its own form."""
    return tag(
        "g",
        *_SIGNS[status],
        transform=f"translate({x:g} {y:g}) scale({size / 16:g})",
        fill=colour,
        stroke=colour,
    )


def icon(type_: str, x: float, y: float, size: float, colour: str) -> str:
    """Return the icon of a type of device."""
    return tag(
        "g",
        *_ICONS[type_],
        transform=f"translate({x:g} {y:g}) scale({size / 16:g})",
        fill="none",
        stroke=colour,
        stroke_width="1.5",
        stroke_linecap="round",
        stroke_linejoin="round",
    )


def _path(d: str, **look: object) -> str:
    return tag("path", d=d, **look)


def _disc(x: float, y: float, r: float, **look: object) -> str:
    return tag("circle", cx=x, cy=y, r=r, **look)


_PLAIN = {"stroke": "none"}
_WHITE = {
    "fill": "none",
    "stroke": PAPER,
    "stroke_width": "2",
    "stroke_linecap": "round",
    "stroke_linejoin": "round",
}
_RING = {"fill": PAPER, "stroke_width": "2"}

#: Each sign and icon has a field of 16 x 16.
_SIGNS = {
    "ACTIVE": (
        _disc(8, 8, 7, **_PLAIN),
        _path("M4.8 8.2l2.3 2.4 4.2-4.8", **_WHITE),
    ),
    "AVAILABLE": (_disc(8, 8, 6, **_RING), _disc(8, 8, 2.4, **_PLAIN)),
    "IN_PROGRESS": (
        _disc(8, 8, 6, **_RING),
        *(_disc(x, 8, 1.2, **_PLAIN) for x in (4.8, 8, 11.2)),
    ),
    "STOPPED": (
        tag("rect", x=1.5, y=1.5, width=13, height=13, rx=2, **_PLAIN),
        tag("rect", x=5, y=5, width=6, height=6, fill=PAPER, stroke="none"),
    ),
    "SUSPENDED": (
        tag("rect", x=2.5, y=2, width=4, height=12, rx=1, **_PLAIN),
        tag("rect", x=9.5, y=2, width=4, height=12, rx=1, **_PLAIN),
    ),
    "FAILED": (
        _path("M8 .8l7.6 14H.4z", stroke="none"),
        _path("M8 5.6v4.2M8 12.2v.1", **_WHITE),
    ),
}

_ICONS = {
    "Instance": (
        tag("rect", x=1.5, y=2.5, width=13, height=4.5, rx=1),
        tag("rect", x=1.5, y=9, width=13, height=4.5, rx=1),
        _path("M4.2 4.75h.1M4.2 11.25h.1M8.5 4.75h3.3M8.5 11.25h3.3"),
    ),
    "Volume": (
        tag("ellipse", cx=8, cy=3.7, rx=6, ry=2.2),
        _path("M2 3.7v8.6c0 1.2 2.7 2.2 6 2.2s6-1 6-2.2V3.7"),
        _path("M2 8c0 1.2 2.7 2.2 6 2.2s6-1 6-2.2"),
    ),
    "Network": (
        _disc(8, 3, 2),
        _disc(3, 13, 2),
        _disc(13, 13, 2),
        _path("M8 5v3M3 11V8h10v3"),
    ),
}
