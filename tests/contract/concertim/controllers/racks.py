"""Racks."""

from __future__ import annotations

import dataclasses as dc
import re

from tests.contract.concertim import coercions as to
from tests.contract.concertim import errors, parameters, validations
from tests.contract.concertim.controllers.base import find, keep
from tests.contract.concertim.model import Rack
from tests.contract.concertim.permissions import require

_OBJECTS = ("metadata", "network_details")
_USUAL_HEIGHT = 42


def index(call):
    return [
        call.show.rack(rack)
        for rack in call.model.racks.values()
        if call.may.reads(rack.team_id)
    ]


def show(call, id):
    rack = find(call.model.racks, id)
    require(call.may.reads(rack.team_id))
    return call.show.rack(rack, devices=True)


def create(call):
    params = parameters.require(call.body, "rack")
    team_id = to.text(parameters.scalars(params, ["team_id"]).get("team_id"))
    require(call.may.manages(team_id))
    columns = {**call.flavour.rack, **call.flavour.rack_create}
    changes, sent = _permitted(call, params, columns)
    changes = _after_the_last(call.model, team_id, changes)
    row = Rack(call.model.new_id(), team_id, **changes)
    found = _checked(call, row, sent)
    if not call.flavour.priced:
        validations.begun(found, call.model, row)
    count, limit = len(call.model.racks), call.model.rack_limit
    validations.licensed(found, "rack", count, limit)
    return call.show.rack(keep(call, row, found), devices=True)


def update(call, id):
    rack = find(call.model.racks, id)
    require(call.may.manages(rack.team_id))
    params = parameters.require(call.body, "rack")
    changes, sent = _permitted(call, params, call.flavour.rack)
    row = dc.replace(rack, **changes)
    found = _checked(call, row, sent)
    return call.show.rack(keep(call, row, found), devices=True)


def delete(call, id):
    rack = find(call.model.racks, id)
    require(call.may.manages(rack.team_id))
    if call.model.devices_in(id) and not call.recurse:
        raise errors.Refused(422, {"errors": "rack is not empty"})
    call.model.drop(rack)
    return {}


def _permitted(call, params, columns):
    """Return the changes that a body asks for, and its values as sent."""
    if "description" in params:
        raise errors.crash("unknown attribute 'description' for HwRack.")
    sent = parameters.scalars(params, columns)
    if not call.user.root:
        sent.pop("order_id", None)
    changes = parameters.cast(columns, sent)
    return changes | parameters.objects(params, *_OBJECTS), sent


def _checked(call, row, sent):
    found = validations.rack(call.model, row, sent)
    if call.flavour.priced:
        validations.ordered(found, call.model, row, sent)
    return found


def _after_the_last(model, team_id, changes):
    """Let a name and height not given follow the team's last rack's."""
    racks = model.racks_of(team_id)
    defaults = {
        "name": _next_name(racks[-1].name) if racks else "Rack-1",
        "u_height": racks[-1].u_height if racks else _USUAL_HEIGHT,
    }
    missing = {k: v for k, v in defaults.items() if changes.get(k) is None}
    return changes | missing


def _next_name(name):
    found = re.search(r"\d+$", name)
    if not found:
        return f"{name}-1"
    number = str(int(found[0]) + 1).zfill(len(found[0]))
    return name[: found.start()] + number
