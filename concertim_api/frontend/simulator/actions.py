"""What each route does with the rows; each returns the document to show."""

from __future__ import annotations

import dataclasses as dc

from concertim_api.frontend.simulator import coercions as to
from concertim_api.frontend.simulator import columns, errors, validations
from concertim_api.frontend.simulator.columns import Flavour
from concertim_api.frontend.simulator.model import (
    Device,
    Model,
    Rack,
    Template,
)
from concertim_api.frontend.simulator.presenters import Presenter


@dc.dataclass
class Call:
    """One request of root."""

    model: Model
    flavour: Flavour
    show: Presenter
    body: dict


def _row(table, row_id):
    """Return the row with an id. Raises Refused without one (404)."""
    if row_id not in table:
        raise errors.not_found()
    return table[row_id]


def _keep(call, row, problems, form="messages"):
    """Keep a row that is valid. Raises Refused with what is wrong (422)."""
    if problems:
        raise errors.Refused(422, getattr(problems, form)())
    return call.model.put(row)


def teams(call):
    """List the teams: they come with the sign-up."""
    return [call.show.team(team) for team in call.model.teams.values()]


# Templates


def templates(call):
    rows = call.model.templates.values()
    return [call.show.template(row) for row in rows if row.rackable]


def create_template(call):
    row = Template(call.model.new_id())
    return _save_template(call, row, call.flavour.template | columns.ONCE)


def update_template(call, row_id):
    row = _row(call.model.templates, row_id)
    return _save_template(call, row, call.flavour.template)


def _save_template(call, row, permitted):
    params = columns.require(call.body, "template")
    sent = columns.scalars(params, permitted)
    row = dc.replace(row, **columns.cast(permitted, sent))
    problems = validations.template(call.model, row, sent)
    return call.show.template(_keep(call, row, problems))


def delete_template(call, row_id):
    row = _row(call.model.templates, row_id)
    if call.model.devices_from(row_id):
        message = "devices have been created from this template"
        raise errors.Refused(422, {"errors": message})
    call.model.drop(row)
    return {}


# Racks


def racks(call):
    return [call.show.rack(rack) for rack in call.model.racks.values()]


def show_rack(call, row_id):
    return call.show.rack(_row(call.model.racks, row_id), devices=True)


def create_rack(call):
    permitted = call.flavour.rack | call.flavour.rack_create
    params = columns.require(call.body, "rack")
    team_id = columns.scalars(params, ["team_id"]).get("team_id")
    row = Rack(call.model.new_id(), to.text(team_id))
    return _save_rack(call, row, permitted, is_new=True)


def update_rack(call, row_id):
    row = _row(call.model.racks, row_id)
    return _save_rack(call, row, call.flavour.rack)


def _save_rack(call, row, permitted, *, is_new=False):
    params = columns.require(call.body, "rack")
    if "description" in params:
        raise errors.crash("unknown attribute 'description' for HwRack.")
    sent = columns.scalars(params, permitted)
    changes = columns.cast(permitted, sent)
    changes |= columns.objects(params, "metadata", "network_details")
    row = dc.replace(row, **changes)
    problems = validations.rack(call.model, row, sent)
    if call.flavour.priced:
        validations.ordered(problems, call.model, row)
    elif is_new:
        validations.begun(problems, call.model, row)
    return call.show.rack(_keep(call, row, problems), devices=True)


def delete_rack(call, row_id):
    rack = _row(call.model.racks, row_id)
    if call.model.devices_in(row_id):
        raise errors.Refused(422, {"errors": "rack is not empty"})
    call.model.drop(rack)
    return {}


# Devices, which are made as nodes and then known as devices


def devices(call):
    return [call.show.device(d) for d in call.model.devices.values()]


def delete_device(call, row_id):
    call.model.drop(_row(call.model.devices, row_id))
    return {}


def create_device(call):
    """Make a device, or nothing at all: place, details, device."""
    sent = columns.scalars(call.body, ["template_id"])
    template = _row(call.model.templates, sent.get("template_id"))
    params = columns.require(call.body, "device")
    row = _placed(call, template, params)
    permitted = call.flavour.device | call.flavour.device_create
    changes, sent = _permitted(params, permitted)
    row = dc.replace(row, **changes, **_first_details(params))
    problems = validations.device(call.model, row, sent)
    if not call.flavour.priced:
        validations.dated(problems, row)
    return call.show.device(_keep(call, row, problems, "details"), alone=True)


def _placed(call, template, params):
    """Return a device that has a place and nothing else."""
    sent = _place_sent(params) or {}
    place = {"facing": "f", "rack_id": None, "start_u": None}
    place |= columns.cast(columns.PLACE, sent)
    row = Device(call.model.new_id(), template_id=template.id, **place)
    problems = validations.location(call.model, row, sent)
    if problems:
        raise errors.Refused(422, problems.details())
    return row


def _place_sent(params):
    location = params.get("location")
    if not isinstance(location, dict) or not location:
        return None
    return columns.scalars(location, columns.PLACE)


def _permitted(params, permitted):
    """Return the changes that a body asks for, and its values as sent."""
    sent = columns.scalars(params, permitted)
    changes = columns.cast(permitted, sent)
    return changes | columns.objects(params, "metadata"), sent


def _details_sent(params):
    """Return the class and attributes that a body has, or nothing.

    Where it names no class, it is that of the time before classes.
    """
    sent = params.get("details")
    if not isinstance(sent, dict) or not sent:
        return None
    attributes = {k: v for k, v in sent.items() if k != "type"}
    return sent.get("type"), attributes


def _first_details(params):
    legacy = (columns.DETAILS_OF["Instance"], {})
    class_name, attributes = _details_sent(params) or legacy
    if class_name is None:
        return {}
    kept = columns.cast_details(class_name, attributes)
    kept = columns.no_details(class_name) | kept
    return {"details_type": class_name, "details": kept}


def update_device(call, row_id):
    before = _row(call.model.devices, row_id)
    params = columns.require(call.body, "device")
    changes, sent = _permitted(params, call.flavour.device)
    moved = _place_sent(params)
    if moved is not None:
        # Both are written: what is left out of a place is lost.
        sent |= {"start_u": None, "facing": None} | moved
        changes["start_u"] = to.integer(sent["start_u"])
        changes["facing"] = to.text(sent["facing"])
    row = dc.replace(before, **changes, **_more_details(before, params))
    problems = validations.device(call.model, row, sent).messages()
    if moved is not None:
        problems |= validations.location(call.model, row, sent).messages()
    if problems:
        raise errors.Refused(422, {"errors": problems})
    return call.show.device(call.model.put(row), alone=True)


def _more_details(row, params):
    """Return a device's details with those that were sent."""
    sent = _details_sent(params)
    if sent is None:
        return {}
    class_name, attributes = sent
    if class_name not in (None, row.details_type):
        problem = {"details_type": ["cannot be changed"]}
        raise errors.Refused(422, {"errors": problem})
    kept = columns.cast_details(row.details_type, attributes)
    return {"details": row.details | kept}


#: Method, noun, whether an id follows.
ROUTES = {
    ("GET", "teams", False): teams,
    ("GET", "templates", False): templates,
    ("POST", "templates", False): create_template,
    ("PATCH", "templates", True): update_template,
    ("DELETE", "templates", True): delete_template,
    ("GET", "racks", False): racks,
    ("POST", "racks", False): create_rack,
    ("GET", "racks", True): show_rack,
    ("PATCH", "racks", True): update_rack,
    ("DELETE", "racks", True): delete_rack,
    ("POST", "nodes", False): create_device,
    ("GET", "devices", False): devices,
    ("PATCH", "devices", True): update_device,
    ("DELETE", "devices", True): delete_device,
}
