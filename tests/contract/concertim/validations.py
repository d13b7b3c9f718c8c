"""What each kind of row must be before it is kept.

``sent`` holds the values as they were sent, since numbers are judged
before they are cast: "None" is 0 for the column, and no number.
"""

from __future__ import annotations

import re

from tests.contract.concertim import details
from tests.contract.concertim.errors import Errors

_RACK_NAME = re.compile(r"[A-Za-z0-9_-]*")
_DEVICE_NAME = re.compile(r"[A-Za-z0-9.-]*")
TALLEST_RACK = 72
#: The heights of devices for which there are pictures.
_PICTURED = range(1, 7)
_RACK_STATUSES = ("IN_PROGRESS", "FAILED", "ACTIVE", "STOPPED")
_DEVICE_STATUSES = {
    "Instance": ("IN_PROGRESS", "FAILED", "ACTIVE", "STOPPED", "SUSPENDED"),
    "Volume": ("IN_PROGRESS", "FAILED", "ACTIVE", "AVAILABLE"),
    "Network": ("IN_PROGRESS", "FAILED", "ACTIVE", "STOPPED"),
}
_TAGS = {"Instance": None, "Volume": "volume", "Network": "network"}


def _as_sent(row, sent, name):
    return sent.get(name, getattr(row, name))


def _taken(row, rows, name):
    value = getattr(row, name)
    return any(getattr(r, name) == value for r in rows if r.id != row.id)


def _unique(errors, row, rows, name):
    if _taken(row, rows, name):
        errors.add(name, "taken", value=getattr(row, name))


def _status(errors, row, statuses):
    if not row.status:
        errors.add("status", "blank")
    if row.status not in statuses:
        words = f"{', '.join(statuses[:-1])} or {statuses[-1]}"
        message = f"must be one of {words}"
        errors.add("status", "inclusion", message, value=row.status)


def _name(errors, row, rows, pattern):
    if not row.name:
        errors.add("name", "blank")
    elif not pattern.fullmatch(row.name):
        errors.add("name", "invalid", value=row.name)
    else:
        _unique(errors, row, rows, "name")


def _cost(errors, row, sent, name="cost"):
    errors.number(name, _as_sent(row, sent, name), greater_than_or_equal_to=0)


def template(model, row, sent):
    """Return what is wrong with a template."""
    errors, rows = Errors(), model.templates.values()
    if not row.name:
        errors.add("name", "blank")
    errors.longest("name", row.name, 255)
    _unique(errors, row, rows, "name")
    errors.longest("description", row.description, 255)
    _height(errors, row, sent)
    for name in ("vcpus", "ram", "disk"):
        if getattr(row, name) is not None:
            value = _as_sent(row, sent, name)
            errors.number(name, value, whole=True, greater_than=0)
    if row.hourly_cost is not None:
        _cost(errors, row, sent, "hourly_cost")
    if row.tag is not None:
        _unique(errors, row, rows, "tag")
    return errors


def _height(errors, row, sent):
    height = _as_sent(row, sent, "height")
    errors.number("height", height, whole=True, greater_than=0)
    if row.height not in _PICTURED:
        errors.add("images", "No images found for template height")


def rack(model, row, sent):
    """Return what is wrong with a rack. A new one has no row yet."""
    errors = Errors()
    if row.team_id not in model.teams:
        errors.add("team", "blank", "must exist")
    _name(errors, row, model.racks_of(row.team_id), _RACK_NAME)
    _rack_height(errors, model, row, sent)
    _status(errors, row, _RACK_STATUSES)
    return errors


def _rack_height(errors, model, row, sent):
    top = max(map(model.end_u, model.devices_in(row.id)), default=1)
    errors.number(
        "u_height",
        _as_sent(row, sent, "u_height"),
        whole=True,
        greater_than_or_equal_to=top,
        less_than_or_equal_to=TALLEST_RACK,
    )


def ordered(errors, model, row, sent):
    """Add what is wrong with a rack that somebody pays."""
    _cost(errors, row, sent)
    if not row.order_id:
        errors.add("order_id", "blank")
    else:
        _unique(errors, row, model.racks.values(), "order_id")


def begun(errors, model, row):
    """Add what is wrong with a new rack that is paid by the hour."""
    dated(errors, row)
    if row.cluster_type_name not in model.cluster_types:
        errors.add("cluster_type", "blank", "must exist")


def dated(errors, row):
    """Add what is wrong with the age of what is paid by the hour."""
    if row.cloud_created_at is None:
        errors.add("cloud_created_at", "blank")


def device(model, row, sent):
    """Return what is wrong with a device, but for its place."""
    errors = Errors()
    errors.longest("name", row.name, 150)
    _name(errors, row, model.devices_in(row.rack_id), _DEVICE_NAME)
    _cost(errors, row, sent)
    if row.type not in _TAGS:
        errors.add("type", "inclusion", "is not included in the list")
        return errors
    _status(errors, row, _DEVICE_STATUSES[row.type])
    if row.details_type is None:
        errors.add("details", "blank")
    elif row.details_type != details.OF_TYPE[row.type]:
        errors.add("details_type", "invalid", value=row.details_type)
    if model.templates[row.template_id].tag != _TAGS[row.type]:
        errors.add("template", "invalid", "is of another type")
    return errors


def location(model, row, sent):
    """Return what is wrong with a device's place in its rack."""
    errors = Errors()
    if row.rack_id not in model.racks:
        errors.add("rack", "blank", "must exist")
    start = _as_sent(row, sent, "start_u")
    errors.number("start_u", start, whole=True, greater_than_or_equal_to=1)
    if row.facing not in ("b", "f"):
        errors.add("facing", "must be either 'b' or 'f'")
    if not errors:
        _fits(errors, model, row)
    return errors


def _fits(errors, model, row):
    height = model.racks[row.rack_id].u_height
    for name, value in (
        ("start_u", row.start_u),
        ("end_u", model.end_u(row)),
    ):
        if value > height:
            errors.add(
                name, "less_than_or_equal_to", value=value, count=height
            )
    if any(_covers(model, d, row) for d in model.devices_in(row.rack_id)):
        errors.add("start_u", "is occupied")


def _covers(model, other, row):
    """Tell whether another device is where this one starts.

    The rest of this one's span is not looked at.
    """
    if other.id == row.id:
        return False
    return other.start_u <= row.start_u <= model.end_u(other)
