"""Racks."""

from __future__ import annotations

import dataclasses as dc

from tests.contract.concertim import coercions as to
from tests.contract.concertim import errors, parameters, validations
from tests.contract.concertim.controllers.base import find, keep
from tests.contract.concertim.model import Rack

_OBJECTS = ("metadata", "network_details")


def index(call):
    return [call.show.rack(rack) for rack in call.model.racks.values()]


def show(call, id):
    rack = find(call.model.racks, id)
    return call.show.rack(rack, devices=True)


def create(call):
    params = parameters.require(call.body, "rack")
    team_id = to.text(parameters.scalars(params, ["team_id"]).get("team_id"))
    columns = {**call.flavour.rack, **call.flavour.rack_create}
    changes, sent = _permitted(params, columns)
    row = Rack(call.model.new_id(), team_id, **changes)
    found = _checked(call, row, sent)
    if not call.flavour.priced:
        validations.begun(found, call.model, row)
    return call.show.rack(keep(call, row, found), devices=True)


def update(call, id):
    rack = find(call.model.racks, id)
    params = parameters.require(call.body, "rack")
    changes, sent = _permitted(params, call.flavour.rack)
    row = dc.replace(rack, **changes)
    found = _checked(call, row, sent)
    return call.show.rack(keep(call, row, found), devices=True)


def delete(call, id):
    rack = find(call.model.racks, id)
    if call.model.devices_in(id):
        raise errors.Refused(422, {"errors": "rack is not empty"})
    call.model.drop(rack)
    return {}


def _permitted(params, columns):
    """Return the changes that a body asks for, and its values as sent."""
    if "description" in params:
        raise errors.crash("unknown attribute 'description' for HwRack.")
    sent = parameters.scalars(params, columns)
    changes = parameters.cast(columns, sent)
    return changes | parameters.objects(params, *_OBJECTS), sent


def _checked(call, row, sent):
    found = validations.rack(call.model, row, sent)
    if call.flavour.priced:
        validations.ordered(found, call.model, row, sent)
    return found
