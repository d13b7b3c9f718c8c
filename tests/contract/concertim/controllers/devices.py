"""Devices, which are made as nodes and then known as devices."""

from __future__ import annotations

import dataclasses as dc

from tests.contract.concertim import coercions as to
from tests.contract.concertim import details, errors, parameters, validations
from tests.contract.concertim.controllers.base import find, keep
from tests.contract.concertim.model import Device

_PLACE = {"rack_id": to.text, "start_u": to.integer, "facing": to.text}


def index(call):
    return [call.show.device(d) for d in call.model.devices.values()]


def delete(call, id):
    device = find(call.model.devices, id)
    call.model.drop(device)
    return {}


def create(call):
    """Make a device, or nothing at all: place, details, device."""
    asked = parameters.scalars(call.body, ["template_id"])
    template = find(call.model.templates, asked.get("template_id"))
    params = parameters.require(call.body, "device")
    device = _placed(call, template, params)
    columns = {**call.flavour.device, **call.flavour.device_create}
    changes, sent = _permitted(params, columns)
    row = dc.replace(device, **changes, **_first_details(params))
    found = validations.device(call.model, row, sent)
    if not call.flavour.priced:
        validations.dated(found, row)
    return call.show.device(keep(call, row, found, "details"), alone=True)


def _placed(call, template, params):
    """Return a device that has a place and nothing else."""
    sent = _place_sent(params) or {}
    place = {"facing": "f", "rack_id": None, "start_u": None}
    place |= parameters.cast(_PLACE, sent)
    device = Device(call.model.new_id(), template_id=template.id, **place)
    found = validations.location(call.model, device, sent)
    if found:
        raise errors.Refused(422, found.details())
    return device


def _first_details(params):
    class_name, attributes = details.given(params) or (details.LEGACY, {})
    if class_name is None:
        return {}
    kept = details.cast(class_name, attributes)
    return {
        "details_type": class_name,
        "details": details.blank(class_name) | kept,
    }


def _place_sent(params):
    location = params.get("location")
    if not isinstance(location, dict) or not location:
        return None
    return parameters.scalars(location, _PLACE)


def _permitted(params, columns):
    """Return the changes that a body asks for, and its values as sent."""
    sent = parameters.scalars(params, columns)
    changes = parameters.cast(columns, sent)
    return changes | parameters.objects(params, "metadata"), sent


def update(call, id):
    device = find(call.model.devices, id)
    params = parameters.require(call.body, "device")
    changes, sent = _permitted(params, call.flavour.device)
    moved = _place_sent(params)
    if moved is not None:
        # Both are written: what is left out of a place is lost.
        sent |= {"start_u": None, "facing": None} | moved
        changes["start_u"] = to.integer(sent["start_u"])
        changes["facing"] = to.text(sent["facing"])
    changes |= _more_details(device, params)
    row = dc.replace(device, **changes)
    found = validations.device(call.model, row, sent)
    problems = found.messages()
    if moved is not None:
        problems |= validations.location(call.model, row, sent).messages()
    if problems:
        raise errors.Refused(422, {"errors": problems})
    return call.show.device(call.model.put(row), alone=True)


def _more_details(device, params):
    """Return a device's details with those that were given."""
    given = details.given(params)
    if given is None:
        return {}
    class_name, attributes = given
    if class_name not in (None, device.details_type):
        problem = {"details_type": ["cannot be changed"]}
        raise errors.Refused(422, {"errors": problem})
    kept = details.cast(device.details_type, attributes)
    return {"details": device.details | kept}
