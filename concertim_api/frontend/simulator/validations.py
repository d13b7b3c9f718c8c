"""What each kind of row must be before it is kept."""

from __future__ import annotations

import operator
import re

from concertim_api.frontend.simulator.columns import DETAILS_OF

_MESSAGES = {
    "blank": "can't be blank",
    "taken": "has already been taken",
    "invalid": "is invalid",
    "too_long": "is too long (maximum is {count} characters)",
    "not_a_number": "is not a number",
    "not_an_integer": "must be an integer",
    "greater_than": "must be greater than {count}",
    "greater_than_or_equal_to": "must be greater than or equal to {count}",
    "less_than_or_equal_to": "must be less than or equal to {count}",
}
_NUMBER = re.compile(r"\s*[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\s*")
_INTEGER = re.compile(r"[+-]?\d+")
_BOUNDS = {
    "greater_than": operator.gt,
    "greater_than_or_equal_to": operator.ge,
    "less_than_or_equal_to": operator.le,
}
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


class Check:
    """What is wrong with a row, in the two shapes that are shown.

    ``sent`` holds the values as they were sent, since numbers are judged
    before they are cast: "None" is 0 for the column, and no number.
    ``rows`` are those among which names are taken once.
    """

    def __init__(self, row, sent, rows=()):
        self._row, self._sent = row, sent
        self._others = [other for other in rows if other.id != row.id]
        self._problems = []

    def __bool__(self):
        return bool(self._problems)

    def add(self, field, error, message=None, **details):
        """Note an error. One without a known name is its own message."""
        message = message or _MESSAGES.get(error, error).format(**details)
        self._problems.append((field, message, {"error": error, **details}))

    def messages(self):
        """Return ``{field: [message]}``."""
        return self._by_field(lambda message, details: message)

    def details(self):
        """Return ``{field: [{"error": .., "value": ..}]}``."""
        return self._by_field(lambda message, details: details)

    def _by_field(self, show):
        fields = {}
        for field, message, details in self._problems:
            fields.setdefault(field, []).append(show(message, details))
        return fields

    def number(self, field, *, whole=False, **bounds):
        """Check a number as it was sent: "None" is none, "12" is one."""
        raw = self._sent.get(field, getattr(self._row, field))
        sent = raw if isinstance(raw, str) else str(raw)
        if isinstance(raw, bool) or not _NUMBER.fullmatch(sent):
            self.add(field, "not_a_number", value=raw)
        elif whole and not _INTEGER.fullmatch(sent):
            self.add(field, "not_an_integer", value=raw)
        else:
            for bound, count in bounds.items():
                if not _BOUNDS[bound](float(sent), count):
                    self.add(field, bound, value=raw, count=count)

    def longest(self, field, count):
        value = getattr(self._row, field)
        if value is not None and len(value) > count:
            self.add(field, "too_long", count=count)

    def unique(self, field):
        value = getattr(self._row, field)
        if any(getattr(other, field) == value for other in self._others):
            self.add(field, "taken", value=value)

    def name(self, pattern):
        if not self._row.name:
            self.add("name", "blank")
        elif not pattern.fullmatch(self._row.name):
            self.add("name", "invalid", value=self._row.name)
        else:
            self.unique("name")

    def status(self, statuses):
        status = self._row.status
        if not status:
            self.add("status", "blank")
        if status not in statuses:
            choice = f"{', '.join(statuses[:-1])} or {statuses[-1]}"
            message = f"must be one of {choice}"
            self.add("status", "inclusion", message, value=status)


def template(model, row, sent):
    """Return what is wrong with a template."""
    check = Check(row, sent, model.templates.values())
    if not row.name:
        check.add("name", "blank")
    check.longest("name", 255)
    check.unique("name")
    check.longest("description", 255)
    check.number("height", whole=True, greater_than=0)
    if row.height not in _PICTURED:
        check.add("images", "No images found for template height")
    for field in ("vcpus", "ram", "disk"):
        if getattr(row, field) is not None:
            check.number(field, whole=True, greater_than=0)
    if row.hourly_cost is not None:
        check.number("hourly_cost", greater_than_or_equal_to=0)
    if row.tag is not None:
        check.unique("tag")
    return check


def rack(model, row, sent):
    """Return what is wrong with a rack. A new one has no row yet."""
    check = Check(row, sent, model.racks_of(row.team_id))
    if row.team_id not in model.teams:
        check.add("team", "blank", "must exist")
    check.name(_RACK_NAME)
    top = max(map(model.end_u, model.devices_in(row.id)), default=1)
    check.number(
        "u_height",
        whole=True,
        greater_than_or_equal_to=top,
        less_than_or_equal_to=TALLEST_RACK,
    )
    check.status(_RACK_STATUSES)
    return check


def ordered(check, model, row):
    """Add what is wrong with a rack that somebody pays."""
    check.number("cost", greater_than_or_equal_to=0)
    orders = {r.order_id for r in model.racks.values() if r.id != row.id}
    if not row.order_id:
        check.add("order_id", "blank")
    elif row.order_id in orders:
        check.add("order_id", "taken", value=row.order_id)


def begun(check, model, row):
    """Add what is wrong with a new rack that is paid by the hour."""
    dated(check, row)
    if row.cluster_type_name not in model.cluster_types:
        check.add("cluster_type", "blank", "must exist")


def dated(check, row):
    """Add what is wrong with the age of what is paid by the hour."""
    if row.cloud_created_at is None:
        check.add("cloud_created_at", "blank")


def device(model, row, sent):
    """Return what is wrong with a device, but for its place."""
    check = Check(row, sent, model.devices_in(row.rack_id))
    check.longest("name", 150)
    check.name(_DEVICE_NAME)
    check.number("cost", greater_than_or_equal_to=0)
    if row.type not in _TAGS:
        check.add("type", "inclusion", "is not included in the list")
        return check
    check.status(_DEVICE_STATUSES[row.type])
    if row.details_type is None:
        check.add("details", "blank")
    elif row.details_type != DETAILS_OF[row.type]:
        check.add("details_type", "invalid", value=row.details_type)
    if model.templates[row.template_id].tag != _TAGS[row.type]:
        check.add("template", "invalid", "is of another type")
    return check


def location(model, row, sent):
    """Return what is wrong with a device's place in its rack."""
    check = Check(row, sent)
    if row.rack_id not in model.racks:
        check.add("rack", "blank", "must exist")
    check.number("start_u", whole=True, greater_than_or_equal_to=1)
    if row.facing not in ("b", "f"):
        check.add("facing", "must be either 'b' or 'f'")
    if not check:
        _fits(check, model, row)
    return check


def _fits(check, model, row):
    """Add where a device is too high, or begins where another one is.

    The rest of its span is not looked at.
    """
    height = model.racks[row.rack_id].u_height
    places = {"start_u": row.start_u, "end_u": model.end_u(row)}
    for field, value in places.items():
        if value > height:
            bound = "less_than_or_equal_to"
            check.add(field, bound, value=value, count=height)
    if any(
        other.id != row.id
        and other.start_u <= row.start_u <= model.end_u(other)
        for other in model.devices_in(row.rack_id)
    ):
        check.add("start_u", "is occupied")
