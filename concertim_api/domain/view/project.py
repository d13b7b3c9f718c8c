"""The view: what the cloud is, as racks, devices, templates and teams.

Pure: the same facts give the same view, whether they are of now or of any
moment in the past.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from concertim_api.domain import attributes
from concertim_api.domain.attributes import boolean, text, texts, whole
from concertim_api.domain.view import names, ours, slots, statuses
from concertim_api.domain.view.devices import TYPES, Surroundings, device
from concertim_api.domain.view.model import (
    Around,
    Device,
    DeviceType,
    Fact,
    Rack,
    Rules,
    Shown,
    Team,
    Template,
    User,
)
from concertim_api.domain.view.slots import Piece, Placed, Slot

__all__ = [
    "VERSION",
    "Around",
    "Device",
    "DeviceType",
    "Fact",
    "Placed",
    "Rack",
    "Rules",
    "Shown",
    "Slot",
    "Team",
    "Template",
    "User",
    "is_ours",
    "project_rack",
    "team",
    "template",
    "user",
]

#: Which version of the projection made the view. One more makes it anew.
VERSION = 1


def project_rack(
    stack: Fact,
    members: Sequence[Fact],
    around: Around,
    remembered: Placed | None,
    rules: Rules,
) -> Shown:
    """Return a stack as a rack, with those members that are devices.

    Neither the order of the members nor that of what is around them makes a
    difference. ``remembered``: where the devices were before; they stay.
    """
    facts = {m.ref: m for m in members if m.ref.kind in TYPES}
    pieces = sorted(
        (_piece(fact, rules) for fact in facts.values()),
        key=lambda piece: piece.seniority,
    )
    placed = slots.place(
        pieces, remembered, rules.rack_height_u, rules.rack_max_height_u
    )
    named = names.distinct(
        ((piece.ref, facts[piece.ref].label) for piece in pieces),
        names.DEVICE,
    )
    surroundings = Surroundings(around, facts.values())
    devices = [
        device(
            facts[ref], stack.ref, name, placed.slots.get(ref), surroundings
        )
        for ref, name in named.items()
    ]
    messages = _messages(placed, len(devices), rules)
    rack = _rack(stack, around, placed, len(devices), messages)
    return Shown(rack=rack, devices=tuple(sorted(devices, key=_bottom_up)))


def _piece(fact: Fact, rules: Rules) -> Piece:
    kind = TYPES[fact.ref.kind]
    return Piece(
        fact.ref, kind.height_u(fact, rules), fact.created_at, kind.from_top
    )


def _bottom_up(device: Device) -> float:
    return device.slot.start_u if device.slot else math.inf


def _rack(
    stack: Fact,
    around: Around,
    placed: Placed,
    devices: int,
    messages: tuple[str, ...],
) -> Rack:
    details = stack.details
    return Rack(
        ref=stack.ref,
        project_id=stack.project_id,
        name=names.free(
            stack.label,
            stack.ref.id,
            names.RACK,
            around.taken_names,
            around.previous_name,
        ),
        stack_name=stack.label,
        description=text(details.get("description")),
        status=statuses.stack_status(stack.state),
        status_reason=text(details.get("state_reason")),
        state=stack.state,
        owner=text(details.get("user_name")) or None,
        outputs=attributes.section(details.get("outputs")),
        height_u=placed.height_u,
        used_u=sum(slot.height_u for slot in placed.slots.values()),
        device_count=devices,
        messages=messages,
        created_at=stack.created_at,
    )


def _messages(placed: Placed, devices: int, rules: Rules) -> tuple[str, ...]:
    left = devices - len(placed.slots)
    if not left:
        return ()
    who = "1 device has" if left == 1 else f"{left} devices have"
    most = max(rules.rack_max_height_u, placed.height_u)
    return (
        f"{who} no slot: no gap is high enough, and the rack may not grow "
        f"beyond {most} U.",
    )


def template(flavor: Fact, rules: Rules) -> Template:
    """Return a flavor as a template."""
    shape = flavor.shape
    label = flavor.label or text(shape.get("name"))
    vcpus = whole(shape.get("vcpus"))
    return Template(
        ref=flavor.ref,
        name=names.acceptable(label, flavor.ref.id, names.TEMPLATE),
        label=label,
        description=text(flavor.details.get("description")),
        height_u=rules.height_u(vcpus),
        vcpus=vcpus,
        ram_mb=whole(shape.get("ram_mb")),
        disk_gb=whole(shape.get("disk_gb")),
        public=boolean(shape.get("is_public")) is not False,
        details={
            "ephemeral_gb": whole(shape.get("ephemeral_gb")),
            "swap_mb": whole(shape.get("swap_mb")),
            "extra_specs": attributes.section(shape.get("extra_specs")),
        },
    )


def team(project: Fact) -> Team:
    """Return a project as a team."""
    roles = attributes.section(project.details.get("roles"))
    return Team(
        ref=project.ref,
        name=names.acceptable(project.label, project.ref.id, names.TEAM),
        label=project.label,
        description=text(project.details.get("description")),
        enabled=boolean(project.details.get("enabled")) is not False,
        roles={user: texts(given) for user, given in roles.items()},
    )


def user(fact: Fact) -> User:
    """Return a user of the cloud as one of the front end."""
    return User(
        ref=fact.ref,
        name=names.acceptable(fact.label, fact.ref.id, names.LOGIN),
        label=fact.label,
        email=text(fact.details.get("email")) or None,
        enabled=boolean(fact.details.get("enabled")) is not False,
    )


def is_ours(project: Fact, rules: Rules) -> bool:
    """Whether a project is to be shown."""
    return ours.matches(project.ref.id, project.details, rules.projects)
