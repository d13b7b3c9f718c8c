"""A rack as a picture: SVG, legible in any browser, nothing but a picture."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.drawing import device as cards
from concertim_api.domain.view.drawing.svg import (
    COLOURS,
    FAINT,
    FONT,
    INK,
    TYPES,
    fitted,
    hint,
    icon,
    lines,
    plain,
    sign,
    tag,
    width,
    words,
)
from concertim_api.domain.view.model import Rack, Shown

_WIDTH, _MARGIN = 760, 24
_INNER = _WIDTH - 2 * _MARGIN
_RAIL = 34  # where the U are numbered
_BAY_X, _BAY = _MARGIN + _RAIL, _INNER - 2 * _RAIL
_EDGE = 10  # of the cabinet, above and below

_STEEL, _HOLLOW, _DIVIDER = "#343b44", "#f6f8fa", "#dfe4e9"
_WARNING, _WARNING_EDGE, _WARNING_INK = "#fff6d6", "#c99a06", "#8a6500"

#: Of devices without a slot, so many are named.
_NAMED = 24


@dc.dataclass(frozen=True, slots=True)
class _Part:
    """A part of the page, drawn from y = 0, and how high it is."""

    drawn: Iterable[str]
    height: float


def rack_svg(shown: Shown, at: datetime | None = None) -> str:
    """Return an SVG picture of a rack, as it is or as it was at a moment.

    About 0.4 kB for each U and 1 kB for each device in a slot: 70 kB at the
    usual maximum.
    """
    called = cards.labels(shown.devices)
    drawn, y = [], float(_MARGIN)
    for part in (
        _header(shown.rack, at),
        *(_message(told) for told in shown.rack.messages),
        _cabinet(shown, called),
        *_homeless(shown, called),
        _legend(),
    ):
        move = f"translate(0 {y:g})"
        drawn.append(tag("g", *part.drawn, transform=move))
        y += part.height
    return _page(shown.rack, drawn, y + _MARGIN)


def _page(rack: Rack, drawn: Iterable[str], height: float) -> str:
    return tag(
        "svg",
        hint(f"Rack {_called(rack)}"),
        tag("desc", plain(f"{rack.status}: {_filling(rack)}")),
        tag("rect", width=_WIDTH, height=height, fill="#fff"),
        *drawn,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_WIDTH} {height:g}",
        width=_WIDTH,
        height=height,
        role="img",
        font_family=FONT,
        fill=INK,
    )


def _called(rack: Rack) -> str:
    return rack.stack_name or rack.name


def _filling(rack: Rack) -> str:
    count = rack.device_count
    devices = "1 device" if count == 1 else f"{count} devices"
    return f"{rack.used_u} of {rack.height_u} U used · {devices}"


def _header(rack: Rack, at: datetime | None) -> _Part:
    badge = width(rack.status, 12, bold=True) + 40
    name = fitted(_called(rack), _INNER - badge - 16, 22, bold=True)
    drawn = [
        words(name, _MARGIN, 22, 22, font_weight="bold"),
        *_badge(rack.status, _WIDTH - _MARGIN - badge, badge),
    ]
    y = 28.0
    for line in _particulars(rack, at):
        y += 18
        told = fitted(line, _INNER, 12)
        drawn.append(words(told, _MARGIN, y, 12, fill=FAINT))
    return _Part(drawn, y + 18)


def _badge(status: str, x: float, wide: float) -> Iterator[str]:
    colour, ground = COLOURS[status]
    yield _box(x, 1, wide, 26, 13, fill=ground, stroke=colour)
    yield sign(status, x + 10, 7, 14, colour)
    yield words(status, x + 30, 18.5, 12, fill=colour, font_weight="bold")


def _box(
    x: float, y: float, wide: float, high: float, rx: float, **look: object
) -> str:
    return tag("rect", x=x, y=y, width=wide, height=high, rx=rx, **look)


def _particulars(rack: Rack, at: datetime | None) -> Iterator[str]:
    yield " · ".join(
        (
            f"Project {rack.project_id}" if rack.project_id else "No project",
            *((f"owner {rack.owner}",) if rack.owner else ()),
            f"region {rack.ref.region}",
        )
    )
    yield _filling(rack) + (f" · as it was at {_moment(at)}" if at else "")
    if rack.status_reason:
        yield rack.status_reason


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _message(message: str) -> _Part:
    told = lines(message, _INNER - 52, 12, most=4)
    high = 14 + 16 * len(told)
    return _Part(
        [
            _box(
                _MARGIN,
                0,
                _INNER,
                high,
                6,
                fill=_WARNING,
                stroke=_WARNING_EDGE,
            ),
            sign("FAILED", _MARGIN + 12, high / 2 - 8, 16, _WARNING_INK),
            *(
                words(line, _MARGIN + 40, 19 + 16 * n, 12)
                for n, line in enumerate(told)
            ),
        ],
        high + 12,
    )


def _cabinet(shown: Shown, called: Mapping[Ref, str]) -> _Part:
    height_u = shown.rack.height_u
    high = height_u * cards.U
    return _Part(
        [
            _box(_MARGIN, 0, _INNER, high + 2 * _EDGE, 8, fill=_STEEL),
            _box(_BAY_X, _EDGE, _BAY, high, 0, fill=_HOLLOW),
            *_units(height_u),
            *_gaps(shown),
            *_cards(shown, called),
        ],
        high + 2 * _EDGE + 18,
    )


def _top(height_u: int, end_u: int) -> float:
    """Return where a U begins that is so high in the rack."""
    return _EDGE + (height_u - end_u) * cards.U


def _units(height_u: int) -> Iterator[str]:
    for u in range(1, height_u + 1):
        y = _top(height_u, u)
        if u < height_u:
            yield tag("path", d=f"M{_BAY_X} {y:g}h{_BAY}", stroke=_DIVIDER)
        for x in (_MARGIN + _RAIL / 2, _WIDTH - _MARGIN - _RAIL / 2):
            yield words(
                str(u),
                x,
                y + cards.U / 2 + 4,
                11,
                fill="#fff" if u % 5 == 0 else "#c3cad2",
                font_weight="bold" if u % 5 == 0 else "normal",
                text_anchor="middle",
            )


def _gaps(shown: Shown) -> Iterator[str]:
    """Yield how many U are free, in each gap."""
    next_u = 1
    slots = sorted(device.slot for device in shown.devices if device.slot)
    for start_u, height_u in (*slots, (shown.rack.height_u + 1, 0)):
        free = start_u - next_u
        if free > 0:
            y = _top(shown.rack.height_u, next_u + free // 2)
            yield words(
                f"{free} U free",
                _BAY_X + _BAY / 2,
                y + cards.U / 2 + 4,
                10.5,
                fill="#6b7682",
                text_anchor="middle",
            )
        next_u = start_u + height_u


def _cards(shown: Shown, called: Mapping[Ref, str]) -> Iterator[str]:
    for device in shown.devices:
        if device.slot:
            y = _top(shown.rack.height_u, device.slot.end_u) + 1
            yield cards.card(
                device, device.slot, called, _BAY_X + 2, y, _BAY - 4
            )


def _homeless(shown: Shown, called: Mapping[Ref, str]) -> Iterator[_Part]:
    """Yield the names of the devices that have no slot."""
    left = [device for device in shown.devices if device.slot is None]
    if not left:
        return
    told = ", ".join(
        f"{called[device.ref]} ({device.status})" for device in left[:_NAMED]
    )
    if len(left) > _NAMED:
        told += f", and {len(left) - _NAMED} more"
    found = lines(told, _INNER, 11, most=8)
    title = f"Without a slot: {len(left)}"
    drawn = [words(title, _MARGIN, 12, 13, font_weight="bold")]
    for n, line in enumerate(found, 1):
        drawn.append(words(line, _MARGIN, 14 + 16 * n, 11, fill=FAINT))
    yield _Part(drawn, 34 + 16 * len(found))


def _legend() -> _Part:
    drawn = []
    x = float(_MARGIN)
    for status, (colour, _) in COLOURS.items():
        drawn.append(sign(status, x, 0, 13, colour))
        drawn.append(words(status, x + 18, 10.5, 10.5, fill=FAINT))
        x += 34 + width(status, 10.5)
    x = float(_MARGIN) + 3
    for type_, colour in TYPES.items():
        drawn.append(_box(x - 3, 21, 20, 20, 3, fill=colour))
        drawn.append(icon(type_, x, 24, 14, "#fff"))
        drawn.append(words(type_, x + 24, 35, 10.5, fill=FAINT))
        x += 44 + width(type_, 10.5)
    return _Part(drawn, 42)
