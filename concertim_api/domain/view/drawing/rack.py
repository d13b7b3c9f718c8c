"""A rack as a picture in SVG, which any browser can show."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.drawing import device as cards
from concertim_api.domain.view.drawing.colours import (
    DARK_STYLE,
    DIVIDER,
    FAINT,
    HOLLOW,
    INK,
    PALE,
    PAPER,
    STATUS_COLOURS,
    STEEL,
    TYPE_COLOURS,
    WARNING,
    WARNING_EDGE,
    WARNING_INK,
    WHITE,
)
from concertim_api.domain.view.drawing.svg import (
    FONT,
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
from concertim_api.domain.view.drawing.units import Row, U, rows
from concertim_api.domain.view.model import ProjectedRack, Rack

_WIDTH, _MARGIN = 760, 24
_INNER = _WIDTH - 2 * _MARGIN
_RAIL, _END = 46, 10  # where the units are numbered, and the other side
_BAY_X, _BAY = _MARGIN + _RAIL, _INNER - _RAIL - _END
_EDGE = 10  # of the cabinet, above and below

#: So many devices without a slot have their names in the picture.
_NAMES = 24


@dc.dataclass(frozen=True, slots=True)
class _Part:
    """A part of the page, which begins at y = 0, and its height."""

    elements: Iterable[str]
    height: float


@dc.dataclass(frozen=True, slots=True)
class RackCosts:
    """What a rack has cost from a moment on.

    ``by_id``: what each resource that has a price has, by its id.
    ``unpriced_hours``: the hours of what has none.
    """

    start: datetime
    currency: str
    amount: Decimal
    unpriced_hours: Decimal
    by_id: Mapping[str, Decimal]

    def of(self, device_id: str) -> str:
        """Return the cost of a device as a text; "": it has no price."""
        amount = self.by_id.get(device_id)
        return "" if amount is None else f"{amount:,.2f} {self.currency}"


@dc.dataclass(frozen=True, slots=True)
class Caption:
    """What a rack itself doesn't say: the name of its team, the moment that
    the picture shows, now or one of the past, and what it costs."""

    team: str | None
    moment: datetime
    is_past: bool = False
    costs: RackCosts | None = None


def rack_svg(view: ProjectedRack, caption: Caption) -> str:
    """Return an SVG picture of a rack, as it is or as it was at a moment.

    About 0.4 kB for each unit that is not free, 1 kB for each device in a
    slot, and 3 kB: 70 kB at the usual maximum.
    """
    labels = cards.labels(view.devices)
    elements, y = [], float(_MARGIN)
    for part in (
        _header(view, caption, labels),
        *(_message(message) for message in view.rack.messages),
        _cabinet(view, caption, labels),
        *_unplaced(view, labels),
        _legend(view),
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
        tag("style", DARK_STYLE),
        tag("rect", width=_WIDTH, height=height, fill=PAPER),
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


def _header(
    view: ProjectedRack, caption: Caption, labels: Mapping[Ref, str]
) -> _Part:
    rack = view.rack
    badge = text_width(rack.status, 12, bold=True) + 40
    name = fit(_label(rack), _INNER - badge - 16, 22, bold=True)
    elements = [
        text_line(name, _MARGIN, 22, 22, font_weight="bold"),
        *_badge(rack.status, _WIDTH - _MARGIN - badge, badge),
    ]
    y = 28.0
    lines = [(line, FAINT) for line in _facts(rack, caption)]
    lines += [(line, _FAILED) for line in _failures(view, labels)]
    for line, colour in lines:
        y += 18
        text = fit(line, _INNER, 12)
        elements.append(text_line(text, _MARGIN, y, 12, fill=colour))
    elements += _used(rack, y + 12)
    return _Part(elements, y + 32)


_FAILED = STATUS_COLOURS["FAILED"][0]


def _used(rack: Rack, y: float) -> Iterator[str]:
    """Yield a bar: how much of the rack is used."""
    width = _INNER * min(rack.used_u / rack.height_u, 1)
    yield _box(_MARGIN, y, _INNER, 6, 3, fill=DIVIDER)
    if width:
        yield _box(_MARGIN, y, width, 6, 3, fill=FAINT)


def _badge(status: str, x: float, width: float) -> Iterator[str]:
    colour, ground = STATUS_COLOURS[status]
    yield _box(x, 1, width, 26, 13, fill=ground, stroke=colour)
    yield sign(status, x + 10, 7, 14, colour)
    yield text_line(status, x + 30, 18.5, 12, fill=colour, font_weight="bold")


def _box(
    x: float, y: float, width: float, height: float, rx: float, **look: object
) -> str:
    return tag("rect", x=x, y=y, width=width, height=height, rx=rx, **look)


def _facts(rack: Rack, caption: Caption) -> Iterator[str]:
    team = f"Team {caption.team}" if caption.team else "No team"
    owner = (f"owner {rack.owner}",) if rack.owner else ()
    yield " · ".join((team, *owner, f"region {rack.ref.region}"))
    verb = "as it was at" if caption.is_past else "drawn"
    yield f"{_filling(rack)} · {verb} {_moment(caption.moment)}"
    if caption.costs:
        yield " · ".join(_costs(caption.costs))
    if rack.status_reason and rack.status != "FAILED":
        yield rack.status_reason


def _costs(costs: RackCosts) -> Iterator[str]:
    start = f"{costs.start:%Y-%m-%d}"
    yield f"{costs.amount:,.2f} {costs.currency} since {start}"
    if costs.unpriced_hours:
        yield f"{costs.unpriced_hours:,.2f} hours have no price"


def _failures(view: ProjectedRack, labels: Mapping[Ref, str]) -> Iterator[str]:
    """Yield why the rack has failed, and the devices that have."""
    if view.rack.status == "FAILED" and view.rack.status_reason:
        yield view.rack.status_reason
    names = [labels[d.ref] for d in view.devices if d.status == "FAILED"]
    if names:
        yield f"Failed: {', '.join(names)}"


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
                fill=WARNING,
                stroke=WARNING_EDGE,
            ),
            sign("FAILED", _MARGIN + 12, height / 2 - 8, 16, WARNING_INK),
            *(
                text_line(line, _MARGIN + 40, 19 + 16 * n, 12)
                for n, line in enumerate(lines)
            ),
        ],
        height + 12,
    )


def _cabinet(
    view: ProjectedRack, caption: Caption, labels: Mapping[Ref, str]
) -> _Part:
    slots = [device.slot for device in view.devices if device.slot]
    units = rows(view.rack.height_u, slots)
    height = len(units) * U
    return _Part(
        [
            _box(_MARGIN, 0, _INNER, height + 2 * _EDGE, 8, fill=STEEL),
            _box(_BAY_X, _EDGE, _BAY, height, 0, fill=HOLLOW),
            *_units(units),
            *_cards(
                view, caption, labels, {row.end_u: row.y for row in units}
            ),
        ],
        height + 2 * _EDGE + 18,
    )


def _units(units: Iterable[Row]) -> Iterator[str]:
    """Yield the number of each row, and how many units of it are free."""
    for row in units:
        y = _EDGE + row.y
        if row.y:
            yield tag("path", d=f"M{_BAY_X} {y:g}h{_BAY}", stroke=DIVIDER)
        is_fifth = row.end_u % 5 == 0 and row.start_u == row.end_u
        yield _centred(
            row.label,
            _MARGIN + _RAIL / 2,
            y,
            11,
            fill=WHITE if is_fifth else PALE,
            font_weight="bold" if is_fifth else "normal",
        )
        if row.is_free:
            text = f"{row.end_u - row.start_u + 1} U free"
            yield _centred(text, _BAY_X + _BAY / 2, y, 10.5, fill=FAINT)


def _centred(text: str, x: float, y: float, size: float, **look: str) -> str:
    """Return a text in the middle of a row."""
    look["text_anchor"] = "middle"
    return text_line(text, x, y + U / 2 + 4, size, **look)


def _cards(
    view: ProjectedRack,
    caption: Caption,
    labels: Mapping[Ref, str],
    tops: Mapping[int, float],
) -> Iterator[str]:
    """Yield the card of each device; ``tops``: where each unit begins."""
    x, width, costs = _BAY_X + 2, _BAY - 4, caption.costs
    for device in view.devices:
        if device.slot:
            y = _EDGE + tops[device.slot.end_u] + 1
            cost = costs.of(device.ref.id) if costs else ""
            yield cards.card(device, device.slot, labels, x, y, width, cost)


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


def _legend(view: ProjectedRack) -> _Part:
    """Return what the signs and colours in this picture mean."""
    elements = []
    statuses = {view.rack.status, *(d.status for d in view.devices)}
    types = {device.type for device in view.devices}
    x = float(_MARGIN)
    for status in filter(statuses.__contains__, STATUS_COLOURS):
        elements.append(sign(status, x, 0, 13, STATUS_COLOURS[status][0]))
        elements.append(text_line(status, x + 18, 10.5, 10.5, fill=FAINT))
        x += 34 + text_width(status, 10.5)
    x = float(_MARGIN) + 3
    for type_ in filter(types.__contains__, TYPE_COLOURS):
        elements.append(_box(x - 3, 21, 20, 20, 3, fill=TYPE_COLOURS[type_]))
        elements.append(icon(type_, x, 24, 14, WHITE))
        elements.append(text_line(type_, x + 24, 35, 10.5, fill=FAINT))
        x += 44 + text_width(type_, 10.5)
    return _Part(elements, 42 if types else 13)
