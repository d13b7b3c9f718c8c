"""The projection: racks, devices, templates, teams and users from facts.

Pure: the same facts give the same view, be they of now or of the past.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from concertim_api.domain import attributes
from concertim_api.domain.attributes import boolean, count, text, texts
from concertim_api.domain.view import names, ours, slots, statuses
from concertim_api.domain.view.devices import TYPES, IndexedContext, device
from concertim_api.domain.view.model import (
    Device,
    Fact,
    ProjectedRack,
    Rack,
    RackContext,
    Rules,
    Team,
    Template,
    User,
)
from concertim_api.domain.view.slots import Occupant, RackSlots

#: Which version of the projection made the view. One more makes it anew.
VERSION = 1


def project_rack(
    stack: Fact,
    members: Sequence[Fact],
    context: RackContext,
    previous: RackSlots | None,
    rules: Rules,
) -> ProjectedRack:
    """Return a stack as a rack, with those members that are devices.

    The order of the members does not matter, nor does that of the context.
    ``previous``: the slots of the devices before; they keep them.
    """
    facts = {m.ref: m for m in members if m.ref.kind in TYPES}
    occupants = sorted(
        (_occupant(fact, rules) for fact in facts.values()),
        key=lambda occupant: occupant.seniority,
    )
    rack_slots = slots.place(
        occupants, previous, rules.rack_height_u, rules.rack_max_height_u
    )
    device_names = names.distinct(
        ((o.ref, facts[o.ref].label) for o in occupants),
        names.DEVICE,
    )
    index = IndexedContext(context, facts.values())
    devices = [
        device(facts[ref], stack.ref, name, rack_slots.slots.get(ref), index)
        for ref, name in device_names.items()
    ]
    messages = _messages(rack_slots, len(devices), rules)
    rack = _rack(stack, context, rack_slots, len(devices), messages)
    devices.sort(key=_bottom_unit)
    return ProjectedRack(rack=rack, devices=tuple(devices))


def _occupant(fact: Fact, rules: Rules) -> Occupant:
    type_ = TYPES[fact.ref.kind]
    height_u = type_.height_u(fact, rules)
    return Occupant(fact.ref, height_u, fact.created_at, type_.from_top)


def _bottom_unit(device: Device) -> float:
    return device.slot.start_u if device.slot else math.inf


def _rack(
    stack: Fact,
    context: RackContext,
    rack_slots: RackSlots,
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
            context.other_names,
            context.previous_name,
        ),
        stack_name=stack.label,
        description=text(details.get("description")),
        status=statuses.stack_status(stack.state),
        status_reason=text(details.get("state_reason")),
        state=stack.state,
        owner=text(details.get("user_name")) or None,
        outputs=attributes.section(details.get("outputs")),
        height_u=rack_slots.height_u,
        used_u=sum(slot.height_u for slot in rack_slots.slots.values()),
        device_count=devices,
        messages=messages,
        created_at=stack.created_at,
    )


def _messages(
    rack_slots: RackSlots, devices: int, rules: Rules
) -> tuple[str, ...]:
    missing = devices - len(rack_slots.slots)
    if not missing:
        return ()
    subject = "1 device has" if missing == 1 else f"{missing} devices have"
    most = max(rules.rack_max_height_u, rack_slots.height_u)
    return (
        f"{subject} no slot: no gap is high enough, and the rack may not grow "
        f"beyond {most} U.",
    )


def template(flavor: Fact, rules: Rules) -> Template:
    """Return a flavor as a template."""
    shape = flavor.shape
    label = flavor.label or text(shape.get("name"))
    vcpus = count(shape.get("vcpus"))
    return Template(
        ref=flavor.ref,
        name=names.acceptable(label, flavor.ref.id, names.TEMPLATE),
        label=label,
        description=text(flavor.details.get("description")),
        height_u=rules.height_u(vcpus),
        vcpus=vcpus,
        ram_mb=count(shape.get("ram_mb")),
        disk_gb=count(shape.get("disk_gb")),
        public=boolean(shape.get("is_public")) is not False,
        details={
            "ephemeral_gb": count(shape.get("ephemeral_gb")),
            "swap_mb": count(shape.get("swap_mb")),
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
        roles={user: texts(names_) for user, names_ in roles.items()},
    )


def user(fact: Fact) -> User:
    """Return a user of Keystone as a user."""
    return User(
        ref=fact.ref,
        name=names.acceptable(fact.label, fact.ref.id, names.LOGIN),
        label=fact.label,
        email=text(fact.details.get("email")) or None,
        enabled=boolean(fact.details.get("enabled")) is not False,
    )


def is_ours(project: Fact, rules: Rules) -> bool:
    """Whether a project is a team."""
    return ours.matches(project.ref.id, project.details, rules.projects)
