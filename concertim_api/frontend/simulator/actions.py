"""What each route does with the rows; each returns the document to show."""

from __future__ import annotations

import dataclasses as dc
import re

from concertim_api.frontend.simulator import coercions as to
from concertim_api.frontend.simulator import columns, errors, validations
from concertim_api.frontend.simulator.columns import Flavour
from concertim_api.frontend.simulator.model import (
    Device,
    Model,
    Rack,
    Template,
    User,
)
from concertim_api.frontend.simulator.presenters import Presenter

#: Who may write, and who may read.
_WRITERS = ["superAdmin", "admin"]
_READERS = [*_WRITERS, "member"]


@dc.dataclass
class Call:
    """One request of a user. ``recurse``: what is in it goes, too."""

    model: Model
    flavour: Flavour
    show: Presenter
    user: User
    body: dict
    recurse: bool = False

    def sees(self, team_id):
        return self._role(team_id) is not None

    def _role(self, team_id):
        if self.user.root:
            return "admin"
        roles = self.model.roles_of(self.user)
        return {role.team_id: role.role for role in roles}.get(team_id)

    def check(self, team_id, *, reads=False):
        """Raise Refused (403) if the user may not do it in a team."""
        if self._role(team_id) not in (_READERS if reads else _WRITERS):
            raise errors.not_allowed()

    def params(self, name):
        """Return what a body has under a name. Raises Refused."""
        params = columns.require(self.body, name)
        for field in self.flavour.lost.get(name, ()):
            if field in params:
                raise columns.unknown(field, name.capitalize())
        return params


def _row(table, row_id):
    """Return the row with an id. Raises Refused without one (404)."""
    if row_id not in table:
        raise errors.not_found()
    return table[row_id]


def _keep(call, row, problems, form="messages"):
    """Keep a row that is valid. Raises Refused with what is wrong (422)."""
    if problems:
        raise errors.Refused(422, getattr(problems, form)())
    return call.model.put(columns.storable(row))


# Teams and users: they come with the sign-up


def teams(call):
    teams = call.model.teams.values()
    return [call.show.team(team) for team in teams if call.sees(team.id)]


def update_team(call, row_id):
    row = _row(call.model.teams, row_id)
    sent = columns.scalars(call.params("team"), columns.TEAM)
    row = dc.replace(row, **columns.cast(columns.TEAM, sent))
    problems = validations.team(call.model, row, sent)
    return call.show.team(_keep(call, row, problems))


def delete_team(call, row_id):
    _row(call.model.teams, row_id)
    if call.model.racks_of(row_id) and not call.recurse:
        message = "Cannot delete team as it has active clusters"
        raise errors.listed(422, "Unprocessable Content", message)
    raise errors.Refused(422, {})  # no cloud is configured


def users(call):
    users = call.model.users.values()
    return [
        call.show.user(u) for u in users if call.user.root or u == call.user
    ]


def current_user(call):
    return call.show.user(call.user, alone=True)


def permissions(call):
    """Say which roles may do what, whoever asks."""
    nouns = ("racks", "devices", "chassis")
    manage = dict.fromkeys(nouns, _WRITERS)
    view = dict.fromkeys(nouns, _READERS)
    return {"manage": manage, "move": manage | {"racks": []}, "view": view}


def update_user(call, row_id):
    row = _row(call.model.users, row_id)
    if not call.user.root and row != call.user:
        raise errors.not_allowed()
    permitted = columns.USER if call.user.root else {}
    sent = columns.scalars(call.params("user"), permitted)
    row = dc.replace(row, **columns.cast(permitted, sent))
    problems = validations.user(call.model, row, sent)
    return call.show.user(_keep(call, row, problems), alone=True)


def delete_user(call, row_id):
    _row(call.model.users, row_id)
    raise errors.Refused(422, {})  # no cloud is configured


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
    sent = columns.scalars(call.params("template"), permitted)
    row = dc.replace(row, **columns.cast(permitted, sent))
    problems = validations.template(call.model, row, sent)
    return call.show.template(_keep(call, row, problems))


def delete_template(call, row_id):
    row = _row(call.model.templates, row_id)
    if call.model.devices_from(row_id) and not call.recurse:
        message = "devices have been created from this template"
        raise errors.Refused(422, {"errors": message})
    call.model.drop(row)
    return {}


# Racks


def _rack(call, row_id, *, reads=False):
    """Return a rack that the user may change, or read."""
    rack = _row(call.model.racks, row_id)
    call.check(rack.team_id, reads=reads)
    return rack


def racks(call):
    racks = call.model.racks.values()
    return [call.show.rack(rack) for rack in racks if call.sees(rack.team_id)]


def show_rack(call, row_id):
    return call.show.rack(_rack(call, row_id, reads=True), devices=True)


def create_rack(call):
    permitted = call.flavour.rack | call.flavour.rack_create
    params = call.params("rack")
    team_id = to.text(columns.scalars(params, ["team_id"]).get("team_id"))
    call.check(team_id)
    row = Rack(call.model.new_id(), team_id, **_defaults(call.model, team_id))
    return _save_rack(call, row, permitted, is_new=True)


def _defaults(model, team_id):
    """Return what a rack has of the last one of its team."""
    last = model.racks_of(team_id)[-1:]
    if not last:
        return {"name": "Rack-1", "u_height": 42}
    name = re.sub(
        r"(\d+)(\D*)$",
        lambda m: f"{int(m[1]) + 1:0{len(m[1])}}{m[2]}",
        last[0].name,
    )
    return {"name": name, "u_height": last[0].u_height}


def update_rack(call, row_id):
    return _save_rack(call, _rack(call, row_id), call.flavour.rack)


def _save_rack(call, row, permitted, *, is_new=False):
    params = call.params("rack")
    sent = columns.scalars(params, permitted)
    if not call.user.root:
        sent.pop("order_id", None)
    changes = columns.cast(permitted, sent)
    changes |= columns.objects(params, "metadata", "network_details")
    row = dc.replace(row, **changes)
    problems = validations.rack(call.model, row, sent)
    if call.flavour.priced:
        validations.ordered(problems, call.model, row)
    elif is_new:
        validations.begun(problems, call.model, row)
    return call.show.rack(_keep(call, row, problems))


def delete_rack(call, row_id):
    rack = _rack(call, row_id)
    if call.model.devices_in(row_id) and not call.recurse:
        raise errors.Refused(422, {"errors": "rack is not empty"})
    call.model.drop(rack)
    return {}


# Devices, which are made as nodes and then known as devices


def _device(call, row_id, *, reads=False):
    """Return a device that the user may change, or read."""
    device = _row(call.model.devices, row_id)
    _rack(call, device.rack_id, reads=reads)
    return device


def devices(call):
    rows = call.model.devices.values()
    racks = {rack.id: rack.team_id for rack in call.model.racks.values()}
    return [call.show.device(d) for d in rows if call.sees(racks[d.rack_id])]


def show_device(call, row_id):
    return call.show.device(_device(call, row_id, reads=True), alone=True)


def delete_device(call, row_id):
    call.model.drop(_device(call, row_id))
    return {}


def data_source_map(call):
    keys = {f"device:{row_id}": row_id for row_id in call.model.devices}
    return {"unspecified": {"unspecified": keys}} if keys else {}


def create_device(call):
    """Make a device, or nothing at all: place, details, device."""
    sent = columns.scalars(call.body, ["template_id"])
    if sent.get("template_id") in (None, ""):
        raise errors.missing("template_id")
    template = _row(call.model.templates, sent["template_id"])
    params = call.params("device")
    row = _placed(call, template, params)
    changes, sent = _permitted(params, call.flavour.device)
    _check_type(changes)
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
    if place["rack_id"] in call.model.racks:
        _rack(call, place["rack_id"])
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


def _check_type(changes):
    """Raise Refused (500) for a type that has no class."""
    name = changes.get("type")
    if name is not None and name not in columns.DETAILS_OF:
        message = f"The single-table inheritance failed to locate {name}"
        raise errors.crash("ActiveRecord::SubclassNotFound", message)


def _details_sent(params):
    """Return the class and attributes that a body has, or nothing."""
    sent = params.get("details")
    if not isinstance(sent, dict) or not sent:
        return None
    attributes = {k: v for k, v in sent.items() if k != "type"}
    return sent.get("type"), attributes


def _first_details(params):
    """Return the details of a new device. Without any, their class is that
    of the time before classes."""
    legacy = (columns.DETAILS_OF["Instance"], {})
    class_name, attributes = _details_sent(params) or legacy
    if class_name is None:
        raise columns.no_method("constantize", None)
    kept = columns.cast_details(class_name, attributes)
    kept = columns.no_details(class_name) | kept
    return {"details_type": class_name, "details": kept}


def update_device(call, row_id):
    """Write a device, its place and its details, one after the other.

    What is valid of the three is kept, whatever becomes of the others.
    """
    row = _device(call, row_id)
    params = call.params("device")
    changes, sent = _permitted(params, call.flavour.device)
    _check_type(changes)
    if "type" in changes:  # it is kept even if it does not fit
        row = call.model.put(dc.replace(row, type=changes["type"]))
    problems = {}
    row = _part(call, row, changes, validations.device, sent, problems)
    place = _place_sent(params)
    if place is not None:
        # Both are written: what is left out of a place is lost.
        sent = {name: place.get(name) for name in ("start_u", "facing")}
        changes = columns.cast(columns.PLACE, sent)
        row = _part(call, row, changes, validations.location, sent, problems)
    row = _more_details(call, row, params, problems)
    if problems:
        raise errors.Refused(422, {"errors": problems})
    return call.show.device(row, alone=True)


def _part(call, row, changes, check, sent, problems):
    """Keep changes that are valid, or add what is wrong with them."""
    changed = dc.replace(row, **changes)
    messages = check(call.model, changed, sent).messages()
    problems |= messages
    return row if messages else call.model.put(columns.storable(changed))


def _more_details(call, row, params, problems):
    """Keep the details that were sent, beside those that are there."""
    class_name, attributes = _details_sent(params) or (None, {})
    if class_name not in (None, row.details_type):
        problems["details_type"] = ["cannot be changed"]
        return row
    kept = columns.cast_details(row.details_type, attributes)
    return call.model.put(dc.replace(row, details=row.details | kept))


#: What is done by whom: root only, or everybody who may.
_ROOT = {
    "GET data-source-maps": data_source_map,
    "PATCH teams/:id": update_team,
    "DELETE teams/:id": delete_team,
    "DELETE users/:id": delete_user,
    "POST templates": create_template,
    "PATCH templates/:id": update_template,
    "DELETE templates/:id": delete_template,
}
_ANYBODY = {
    "GET teams": teams,
    "GET users": users,
    "GET users/current": current_user,
    "GET users/permissions": permissions,
    "PATCH users/:id": update_user,
    "GET templates": templates,
    "GET racks": racks,
    "POST racks": create_rack,
    "GET racks/:id": show_rack,
    "PATCH racks/:id": update_rack,
    "DELETE racks/:id": delete_rack,
    "POST nodes": create_device,
    "GET devices": devices,
    "GET devices/:id": show_device,
    "PATCH devices/:id": update_device,
    "DELETE devices/:id": delete_device,
}


def act(call, method, path):
    """Return what a request comes to. Raises Refused."""
    noun, _, row_id = path.partition("/")
    line, ids = f"{method} {path}", []
    if line not in _ROOT | _ANYBODY:
        line, ids = f"{method} {noun}/:id", [row_id]
    if line in _ROOT and not call.user.root:
        raise errors.not_allowed()
    action = (_ROOT | _ANYBODY).get(line)
    if action is None:
        raise errors.plain(404, "Not Found")
    return action(call, *ids)
