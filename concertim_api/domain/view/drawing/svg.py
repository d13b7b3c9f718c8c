"""What a drawing is made of: SVG elements, texts that fit, signs, icons.

Whatever stands in a text, the outcome is well-formed and does nothing: it is
escaped, and what can't be printed is replaced by a sign for that.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Iterator

INK, FAINT = "#1f2328", "#59636e"

#: status -> its colour, and that of a device in it.
COLOURS = {
    "ACTIVE": ("#1a7f37", "#f1faf3"),
    "AVAILABLE": ("#0b6e75", "#eef8f9"),
    "IN_PROGRESS": ("#0b5fc0", "#e6f2ff"),
    "STOPPED": ("#59636e", "#e9edf1"),
    "SUSPENDED": ("#7a43c9", "#f4edff"),
    "FAILED": ("#cf222e", "#ffe9e7"),
}

#: type of device -> its colour.
TYPES = {"Instance": "#3b4f7d", "Volume": "#7d4e1c", "Network": "#0f6568"}

#: Fonts that are everywhere. Widths are those of the widest of them.
FONT = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"

#: What is printed for what can't be.
_UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"

_NARROW = frozenset("fijlrtI|!.,:;'`()[]{} -/\\")
_WIDE = frozenset("mwMW@%&—")
_WIDEST = 1.1


def tag(name: str, *inside: str, **attributes: object) -> str:
    """Return an element; ``inside`` it is what is markup already."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{plain(value)}"'
        for key, value in attributes.items()
    )
    if not inside:
        return f"<{name}{told}/>"
    return f"<{name}{told}>{''.join(inside)}</{name}>"


def words(text: str, x: float, y: float, size: float, **look: object) -> str:
    """Return a line of text, as it is."""
    return tag("text", plain(text), x=x, y=y, font_size=size, **look)


def hint(*told: str) -> str:
    """Return what is told of an element to who points at it, line by line."""
    return tag("title", "\n".join(map(plain, told)))


def plain(value: object) -> str:
    """Return a text or a number as markup."""
    text = value if isinstance(value, str) else f"{value:g}"
    return html.escape(
        "".join(
            letter if letter.isprintable() else _UNPRINTABLE for letter in text
        )
    )


def width(text: str, size: float, bold: bool = False) -> float:
    """Return about how wide a text is, rather more than less."""
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


def fitted(text: str, room: float, size: float, bold: bool = False) -> str:
    """Return a text, cut with an ellipsis if it is wider than the room."""
    if width(text, size, bold) <= room:
        return text
    left = room - width("…", size, bold)
    kept = 0
    for letter in text:
        left -= width(letter, size, bold)
        if left < 0:
            break
        kept += 1
    return text[:kept].rstrip() + "…" if kept else ""


def joined(told: Iterable[str], room: float, size: float) -> str:
    """Return the facts that fit in a line; at most the first one is cut."""
    shown = ""
    for fact in told:
        longer = f"{shown} · {fact}" if shown else fitted(fact, room, size)
        if width(longer, size) > room:
            break
        shown = longer
    return shown


def lines(text: str, room: float, size: float, most: int) -> list[str]:
    """Return a text in lines that fit; the last ends in an ellipsis if need
    be."""
    found = [""]
    for word in _breakable(text, room, size):
        longer = f"{found[-1]} {word}".strip()
        if width(longer, size) <= room:
            found[-1] = longer
        else:
            found.append(word)
    if len(found) > most:
        rest = " ".join(found[most - 1 :])
        found[most - 1 :] = [fitted(rest, room, size)]
    return found


def _breakable(text: str, room: float, size: float) -> Iterator[str]:
    """Yield the words, those that are longer than a line in parts."""
    at_once = max(int(room / size / _WIDEST), 1)
    for word in text.split():
        if width(word, size) <= room:
            yield word
        else:
            for start in range(0, len(word), at_once):
                yield word[start : start + at_once]


def sign(status: str, x: float, y: float, size: float, colour: str) -> str:
    """Return the sign of a status, told apart by its form alone."""
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
    "stroke": "#fff",
    "stroke_width": "2",
    "stroke_linecap": "round",
    "stroke_linejoin": "round",
}
_RING = {"fill": "#fff", "stroke_width": "2"}

#: On a field of 16 x 16, as all of these.
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
        tag("rect", x=5, y=5, width=6, height=6, fill="#fff", stroke="none"),
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
