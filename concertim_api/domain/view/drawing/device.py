"""A device as it is drawn in its slot."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Iterator, Mapping

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.drawing.svg import (
    COLOURS,
    FAINT,
    TYPES,
    fitted,
    hint,
    icon,
    joined,
    sign,
    tag,
    width,
    words,
)
from concertim_api.domain.view.model import Device
from concertim_api.domain.view.slots import Slot

#: The height of one U.
U = 22

_STRIPE = 28  # the coloured end, with the icon
_STATUS = 130  # room for the sign and the word of the status
_NAME, _NOTE = 12.5, 10.5
_LINE = 16  # from one line to the next
_GAP = 10


def labels(devices: Iterable[Device]) -> dict[Ref, str]:
    """Return what each device is called: as in the cloud, if that tells it
    from the others, else as in the front end."""
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
    called: Mapping[Ref, str],
    x: float,
    y: float,
    wide: float,
) -> str:
    """Return a device in its slot: its name, its status, and as much of the
    rest as there is room for."""
    colour, ground = COLOURS[device.status]
    high = slot.height_u * U - 2
    edge = {"x": x, "y": y, "height": high, "rx": 3}
    return tag(
        "g",
        hint(*_told(device, slot, called)),
        tag(
            "rect",
            width=wide,
            fill=ground,
            stroke=colour,
            stroke_width=1.2,
            **edge,
        ),
        tag("rect", width=_STRIPE, fill=TYPES[device.type], **edge),
        icon(device.type, x + 7, y + high / 2 - 7, 14, "#fff"),
        *_text(device, slot, called, x + _STRIPE + 8, y, wide - _STRIPE - 16),
    )


def _text(
    device: Device,
    slot: Slot,
    called: Mapping[Ref, str],
    x: float,
    y: float,
    wide: float,
) -> Iterator[str]:
    notes = [note for note in _notes(device, called) if note]
    below = min(slot.height_u - 1, max(len(notes), 1))
    top = y + (slot.height_u * U - 2 - below * _LINE) / 2
    room = wide - _STATUS
    yield from _status(device, x + room, top, below > 0)
    name = fitted(called[device.ref], room - _GAP, _NAME, bold=True)
    yield words(name, x, top + 4.5, _NAME, font_weight="bold")
    if not below:
        used = width(name, _NAME, bold=True) + _GAP
        yield from _note(sum(notes, ()), x + used, top, room - used)
    else:
        shown = [*notes[: below - 1], sum(notes[below - 1 :], ())]
        for n, note in enumerate(shown, 1):
            yield from _note(note, x, top + n * _LINE, room)


def _status(
    device: Device, x: float, y: float, in_full: bool
) -> Iterator[str]:
    """Yield the status; in full, with the cloud's own word if it differs."""
    colour, _ = COLOURS[device.status]
    yield sign(device.status, x, y - 6.5, 13, colour)
    look = {"fill": colour, "font_weight": "bold"}
    yield words(device.status, x + 18, y + 3.8, _NOTE, **look)
    state = device.state or ""
    if in_full and state.lower() != device.status.lower():
        room = _STATUS - 18 + _GAP
        yield from _note((state,), x + 18, y + _LINE, room)


def _note(
    told: Iterable[str], x: float, y: float, room: float
) -> Iterator[str]:
    shown = joined(told, room - _GAP, _NOTE)
    if shown:
        yield words(shown, x, y + 4, _NOTE, fill=FAINT)


def _told(
    device: Device, slot: Slot, called: Mapping[Ref, str]
) -> Iterator[str]:
    """Yield all that is known of it, for who points at it."""
    yield f"{device.type} {device.label or device.name}"
    yield f"{device.status} ({device.state or 'no state'})"
    yield f"U {slot.start_u}-{slot.end_u}"
    for note in _notes(device, called):
        if note:
            yield " · ".join(note)
    yield device.ref.id


#: Facts that belong together in a line.
_Line = tuple[str, ...]


def _notes(device: Device, called: Mapping[Ref, str]) -> Iterator[_Line]:
    yield tuple(_NOTES[device.type](device, called))
    yield (*device.public_ips, *device.private_ips)
    yield device.networks


def _of_server(device: Device, called: Mapping[Ref, str]) -> Iterator[str]:
    details = device.details
    if device.template:
        yield device.template
    if details.get("vcpus"):
        yield f"{details['vcpus']} VCPU"
    if details.get("ram_mb"):
        yield f"{round(details['ram_mb'] / 1024, 1):g} GB"


def _of_volume(device: Device, called: Mapping[Ref, str]) -> Iterator[str]:
    details = device.details
    if details.get("size") is not None:
        yield f"{details['size']} GB"
    if details.get("volume_type"):
        yield str(details["volume_type"])
    if details.get("bootable"):
        yield "bootable"
    for server in details.get("attached_to") or ():
        ref = device.ref._replace(kind="instance", id=server)
        yield f"on {called.get(ref, server)}"


def _of_network(device: Device, called: Mapping[Ref, str]) -> Iterator[str]:
    details = device.details
    for name in ("external", "shared"):
        if details.get(name):
            yield name
    if details.get("mtu"):
        yield f"MTU {details['mtu']}"


_NOTES: dict[str, Callable[[Device, Mapping[Ref, str]], Iterator[str]]] = {
    "Instance": _of_server,
    "Volume": _of_volume,
    "Network": _of_network,
}
