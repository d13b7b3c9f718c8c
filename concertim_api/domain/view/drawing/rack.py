"""A rack as a picture in SVG, which any browser can show."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.drawing import device as cards
from concertim_api.domain.view.drawing.svg import (
    FAINT,
    FONT,
    INK,
    STATUS_COLOURS,
    TYPE_COLOURS,
    escape,
    fit,
    fold,
    hint,
    icon,
    sign,
    tag,
    text_line,
    text_width,
)
from concertim_api.domain.view.model import ProjectedRack, Rack

_WIDTH, _MARGIN = 760, 24
_INNER = _WIDTH - 2 * _MARGIN
_RAIL = 34  # where the U are numbered
_BAY_X, _BAY = _MARGIN + _RAIL, _INNER - 2 * _RAIL
_EDGE = 10  # of the cabinet, above and below

_STEEL, _HOLLOW, _DIVIDER = "#343b44", "#f6f8fa", "#dfe4e9"
_WARNING, _WARNING_EDGE, _WARNING_INK = "#fff6d6", "#c99a06", "#8a6500"

#: So many devices without a slot have their names in the picture.
_NAMES = 24


@dc.dataclass(frozen=True, slots=True)
class _Part:
    """A part of the page, which begins at y = 0, and its height."""

    elements: Iterable[str]
    height: float


def rack_svg(view: ProjectedRack, at: datetime | None = None) -> str:
    """Return an SVG picture of a rack, as it is or as it was at a moment.

    About 0.4 kB for each U and 1 kB for each device in a slot: 70 kB at the
    usual maximum.
    """
    labels = cards.labels(view.devices)
    elements, y = [], float(_MARGIN)
    for part in (
        _header(view.rack, at),
        *(_message(message) for message in view.rack.messages),
        _cabinet(view, labels),
        *_unplaced(view, labels),
        _legend(),
    ):
        move = f"translate(0 {y:g})"
        elements.append(tag("g", *part.elements, transform=move))
        y += part.height
    return _page(view.rack, elements, y + _MARGIN)


def _page(rack: Rack, elements: Iterable[str], height: float) -> str:
    return tag(
        "svg",
        hint(f"Rack {_label(rack)}"),
        tag("desc", escape(f"{rack.status}: {_filling(rack)}")),
        tag("rect", width=_WIDTH, height=height, fill="#fff"),
        *elements,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_WIDTH} {height:g}",
        width=_WIDTH,
        height=height,
        role="img",
        font_family=FONT,
        fill=INK,
    )


def _label(rack: Rack) -> str:
    return rack.stack_name or rack.name


def _filling(rack: Rack) -> str:
    count = rack.device_count
    devices = "1 device" if count == 1 else f"{count} devices"
    return f"{rack.used_u} of {rack.height_u} U used · {devices}"


def _header(rack: Rack, at: datetime | None) -> _Part:
    badge = text_width(rack.status, 12, bold=True) + 40
    name = fit(_label(rack), _INNER - badge - 16, 22, bold=True)
    elements = [
        text_line(name, _MARGIN, 22, 22, font_weight="bold"),
        *_badge(rack.status, _WIDTH - _MARGIN - badge, badge),
    ]
    y = 28.0
    for line in _facts(rack, at):
        y += 18
        text = fit(line, _INNER, 12)
        elements.append(text_line(text, _MARGIN, y, 12, fill=FAINT))
    return _Part(elements, y + 18)


def _badge(status: str, x: float, width: float) -> Iterator[str]:
    colour, ground = STATUS_COLOURS[status]
    yield _box(x, 1, width, 26, 13, fill=ground, stroke=colour)
    yield sign(status, x + 10, 7, 14, colour)
    yield text_line(status, x + 30, 18.5, 12, fill=colour, font_weight="bold")


def _box(
    x: float, y: float, width: float, height: float, rx: float, **look: object
) -> str:
    return tag("rect", x=x, y=y, width=width, height=height, rx=rx, **look)


def _facts(rack: Rack, at: datetime | None) -> Iterator[str]:
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
    lines = fold(message, _INNER - 52, 12, most=4)
    height = 14 + 16 * len(lines)
    return _Part(
        [
            _box(
                _MARGIN,
                0,
                _INNER,
                height,
                6,
                fill=_WARNING,
                stroke=_WARNING_EDGE,
            ),
            sign("FAILED", _MARGIN + 12, height / 2 - 8, 16, _WARNING_INK),
            *(
                text_line(line, _MARGIN + 40, 19 + 16 * n, 12)
                for n, line in enumerate(lines)
            ),
        ],
        height + 12,
    )


def _cabinet(view: ProjectedRack, labels: Mapping[Ref, str]) -> _Part:
    height_u = view.rack.height_u
    height = height_u * cards.U
    return _Part(
        [
            _box(_MARGIN, 0, _INNER, height + 2 * _EDGE, 8, fill=_STEEL),
            _box(_BAY_X, _EDGE, _BAY, height, 0, fill=_HOLLOW),
            *_units(height_u),
            *_gaps(view),
            *_cards(view, labels),
        ],
        height + 2 * _EDGE + 18,
    )


def _top(height_u: int, end_u: int) -> float:
    """Return the upper edge of a unit of a rack."""
    return _EDGE + (height_u - end_u) * cards.U


def _units(height_u: int) -> Iterator[str]:
    for u in range(1, height_u + 1):
        y = _top(height_u, u)
        if u < height_u:
            yield tag("path", d=f"M{_BAY_X} {y:g}h{_BAY}", stroke=_DIVIDER)
        for x in (_MARGIN + _RAIL / 2, _WIDTH - _MARGIN - _RAIL / 2):
            yield text_line(
                str(u),
                x,
                y + cards.U / 2 + 4,
                11,
                fill="#fff" if u % 5 == 0 else "#c3cad2",
                font_weight="bold" if u % 5 == 0 else "normal",
                text_anchor="middle",
            )


def _gaps(view: ProjectedRack) -> Iterator[str]:
    """Yield the count of free units in each gap."""
    next_u = 1
    slots = sorted(device.slot for device in view.devices if device.slot)
    for start_u, height_u in (*slots, (view.rack.height_u + 1, 0)):
        free = start_u - next_u
        if free > 0:
            y = _top(view.rack.height_u, next_u + free // 2)
            yield text_line(
                f"{free} U free",
                _BAY_X + _BAY / 2,
                y + cards.U / 2 + 4,
                10.5,
                fill="#6b7682",
                text_anchor="middle",
            )
        next_u = start_u + height_u


def _cards(view: ProjectedRack, labels: Mapping[Ref, str]) -> Iterator[str]:
    for device in view.devices:
        if device.slot:
            y = _top(view.rack.height_u, device.slot.end_u) + 1
            yield cards.card(
                device, device.slot, labels, _BAY_X + 2, y, _BAY - 4
            )


def _unplaced(
    view: ProjectedRack, labels: Mapping[Ref, str]
) -> Iterator[_Part]:
    """Yield the part with the names of the devices without a slot."""
    devices = [device for device in view.devices if device.slot is None]
    if not devices:
        return
    text = ", ".join(
        f"{labels[device.ref]} ({device.status})"
        for device in devices[:_NAMES]
    )
    if len(devices) > _NAMES:
        text += f", and {len(devices) - _NAMES} more"
    lines = fold(text, _INNER, 11, most=8)
    title = f"Without a slot: {len(devices)}"
    elements = [text_line(title, _MARGIN, 12, 13, font_weight="bold")]
    for n, line in enumerate(lines, 1):
        elements.append(text_line(line, _MARGIN, 14 + 16 * n, 11, fill=FAINT))
    yield _Part(elements, 34 + 16 * len(lines))


def _legend() -> _Part:
    elements = []
    x = float(_MARGIN)
    for status, (colour, _) in STATUS_COLOURS.items():
        elements.append(sign(status, x, 0, 13, colour))
        elements.append(text_line(status, x + 18, 10.5, 10.5, fill=FAINT))
        x += 34 + text_width(status, 10.5)
    x = float(_MARGIN) + 3
    for type_, colour in TYPE_COLOURS.items():
        elements.append(_box(x - 3, 21, 20, 20, 3, fill=colour))
        elements.append(icon(type_, x, 24, 14, "#fff"))
        elements.append(text_line(type_, x + 24, 35, 10.5, fill=FAINT))
        x += 44 + text_width(type_, 10.5)
    return _Part(elements, 42)
