"""The card of a device, which fills its slot."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.drawing.colours import (
    FAINT,
    STATUS_COLOURS,
    TYPE_COLOURS,
    WHITE,
)
from concertim_api.domain.view.drawing.svg import (
    fit,
    hint,
    icon,
    join,
    sign,
    tag,
    text_line,
    text_width,
)
from concertim_api.domain.view.drawing.units import U
from concertim_api.domain.view.model import Device
from concertim_api.domain.view.slots import Slot

_STRIPE = 28  # the coloured end, with the icon
_STATUS = 118  # room for the sign and the word of the status
_NAME, _NOTE = 12.5, 10.5
_LINE = 16  # from one line to the next
_GAP = 10

#: The facts of a line.
_Line = tuple[str, ...]


def labels(devices: Iterable[Device]) -> dict[Ref, str]:
    """Return the label of each device: its name in the cloud if no other
    device has it, else the one in the front end."""
    devices = list(devices)
    count = collections.Counter(device.label for device in devices)
    return {
        device.ref: device.label
        if device.label.strip() and count[device.label] == 1
        else device.name
        for device in devices
    }


def card(
    device: Device,
    slot: Slot,
    labels: Mapping[Ref, str],
    x: float,
    y: float,
    width: float,
    cost: str = "",
) -> str:
    """Return the card of a device: its name, its status, and as many facts as
    fit. The first one is the ``cost``, if there is one."""
    colour, ground = STATUS_COLOURS[device.status]
    height = slot.height_u * U - 2
    notes = [note for note in _notes(device, labels, cost) if note]
    edge = {"x": x, "y": y, "height": height, "rx": 3}
    return tag(
        "g",
        hint(*_hint_lines(device, slot, notes)),
        tag(
            "rect",
            width=width,
            fill=ground,
            stroke=colour,
            stroke_width=1.2,
            **edge,
        ),
        tag("rect", width=_STRIPE, fill=TYPE_COLOURS[device.type], **edge),
        icon(device.type, x + 7, y + height / 2 - 7, 14, WHITE),
        *_text(
            device,
            slot,
            labels[device.ref],
            notes,
            x + _STRIPE + 8,
            y,
            width - _STRIPE - 16,
        ),
    )


def _text(
    device: Device,
    slot: Slot,
    label: str,
    notes: Sequence[_Line],
    x: float,
    y: float,
    width: float,
) -> Iterator[str]:
    below = min(slot.height_u - 1, max(len(notes), 1))
    top = y + (slot.height_u * U - 2 - below * _LINE) / 2
    room = width - _STATUS
    yield from _status(device, x + room, top, below > 0)
    name = fit(label, room - _GAP, _NAME, bold=True)
    yield text_line(name, x, top + 4.5, _NAME, font_weight="bold")
    if not below:
        used = text_width(name, _NAME, bold=True) + _GAP
        yield from _note(sum(notes, ()), x + used, top, room - used)
    else:
        lines = [*notes[: below - 1], sum(notes[below - 1 :], ())]
        for n, note in enumerate(lines, 1):
            yield from _note(note, x, top + n * _LINE, room)


def _status(
    device: Device, x: float, y: float, is_whole: bool
) -> Iterator[str]:
    """Yield the status; a whole one has the state of the cloud, too."""
    colour, _ = STATUS_COLOURS[device.status]
    yield sign(device.status, x, y - 6.5, 13, colour)
    look = {"fill": colour, "font_weight": "bold"}
    yield text_line(device.status, x + 18, y + 3.8, _NOTE, **look)
    state = device.state or ""
    if is_whole and state.lower() != device.status.lower():
        room = _STATUS - 18 + _GAP
        yield from _note((state,), x + 18, y + _LINE, room)


def _note(
    facts: Iterable[str], x: float, y: float, room: float
) -> Iterator[str]:
    line = join(facts, room - _GAP, _NOTE)
    if line:
        yield text_line(line, x, y + 4, _NOTE, fill=FAINT)


def _hint_lines(
    device: Device, slot: Slot, notes: Iterable[_Line]
) -> Iterator[str]:
    """Yield the lines that a browser shows at the pointer."""
    yield f"{device.type} {device.label or device.name}"
    yield f"{device.status} ({device.state or 'no state'})"
    yield f"U {slot.start_u}-{slot.end_u}"
    for note in notes:
        yield " · ".join(note)
    yield device.ref.id


def _notes(
    device: Device, labels: Mapping[Ref, str], cost: str
) -> Iterator[_Line]:
    costs = (cost,) if cost else ()
    yield (*costs, *_NOTES[device.type](device, labels))
    yield (*device.public_ips, *device.private_ips)
    yield device.networks


def _server_facts(device: Device, labels: Mapping[Ref, str]) -> Iterator[str]:
    details = device.details
    if device.template:
        yield device.template
    if details.get("vcpus"):
        yield f"{details['vcpus']} VCPU"
    if details.get("ram_mb"):
        yield f"{round(details['ram_mb'] / 1024, 1):g} GB"


def _volume_facts(device: Device, labels: Mapping[Ref, str]) -> Iterator[str]:
    details = device.details
    if details.get("size") is not None:
        yield f"{details['size']} GB"
    if details.get("volume_type"):
        yield str(details["volume_type"])
    if details.get("bootable"):
        yield "bootable"
    for server in details.get("attached_to") or ():
        ref = device.ref._replace(kind="instance", id=server)
        yield f"on {labels.get(ref, server)}"


def _network_facts(device: Device, labels: Mapping[Ref, str]) -> Iterator[str]:
    details = device.details
    for name in ("external", "shared"):
        if details.get(name):
            yield name
    if details.get("mtu"):
        yield f"MTU {details['mtu']}"


_NOTES: dict[str, Callable[[Device, Mapping[Ref, str]], Iterator[str]]] = {
    "Instance": _server_facts,
    "Volume": _volume_facts,
    "Network": _network_facts,
}
