"""What each kind of row must be before it is kept."""

from __future__ import annotations

import operator
import re

from concertim_api.frontend.simulator.columns import DETAILS_OF, no_method

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

    def number(self, field, *, whole=False, blank=False, **bounds):
        """Check a number as it was sent: "None" is none, "12" is one."""
        raw = self._sent.get(field, getattr(self._row, field))
        if blank and raw in (None, ""):
            return
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
            self.add(field, "taken")

    def name(self, pattern):
        if not self._row.name:
            self.add("name", "blank")
        elif not pattern.fullmatch(self._row.name):
            self.add("name", "invalid", value=self._row.name)
        else:
            self.unique("name")

    def status(self, statuses, excused=(None,)):
        status = self._row.status
        if not status:
            self.add("status", "blank")
        if status not in (*excused, *statuses):
            choice = f"{', '.join(statuses[:-1])} or {statuses[-1]}"
            self.add("status", f"must be one of {choice}")


def team(model, row, sent):
    """Return what is wrong with a team."""
    check = Check(row, sent, model.teams.values())
    check.number("cost", blank=True, greater_than_or_equal_to=0)
    check.number("credits")
    if row.credits is None:
        check.add("credits", "blank")
    for field in ("project_id", "billing_acct_id"):
        if getattr(row, field):
            check.unique(field)
    _period(check, model, row)
    return check


def _period(check, model, row):
    """Add what is wrong with the time for which a team pays: what is changed
    of it must be about today."""
    before, today = model.teams[row.id], model.today()
    start, end = row.billing_period_start, row.billing_period_end
    if (start is None) != (end is None):
        check.add("billing_period", "must have a start and an end")
        return
    if start != before.billing_period_start and start and start > today:
        check.add("billing_period_start", "must not be in the future")
    if end != before.billing_period_end and end and end < today:
        check.add("billing_period_end", "must not be in the past")
    if end and end <= start:
        check.add("billing_period_end", "must be after the start")


def user(model, row, sent):
    """Return what is wrong with a user."""
    check = Check(row, sent, model.users.values())
    if row.cloud_user_id:
        check.unique("cloud_user_id")
    return check


def template(model, row, sent):
    """Return what is wrong with a template."""
    check = Check(row, sent, model.templates.values())
    if not row.name:
        check.add("name", "blank")
    check.longest("name", 255)
    check.unique("name")
    check.longest("description", 255)
    check.number("height", whole=True, greater_than=0)
    if row.height is None:
        check.add("height", "blank")
    if row.height not in _PICTURED:
        check.add("images", "No images found for template height")
    for field in ("vcpus", "ram", "disk"):
        if getattr(row, field) is not None:
            check.number(field, whole=True, greater_than=0)
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
    check.status(_RACK_STATUSES, excused=())
    return check


def ordered(check, model, row):
    """Add what is wrong with a rack that somebody pays."""
    check.number("cost", blank=True, greater_than_or_equal_to=0)
    orders = {r.order_id for r in model.racks.values() if r.id != row.id}
    if not row.order_id:
        check.add("order_id", "blank")
    elif row.order_id in orders:
        check.add("order_id", "taken")


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
    check.number("cost", blank=True, greater_than_or_equal_to=0)
    if row.type is None:
        check.add("status", "must be one of another type")
        return check
    check.status(_DEVICE_STATUSES[row.type])
    if row.details_type != DETAILS_OF[row.type]:
        check.add("details_type", "is of another type")
        if row.id in model.devices:
            check.add("details", "is invalid")
    if model.templates[row.template_id].tag != _TAGS[row.type]:
        check.add("template", "is of another type")
    return check


def location(model, row, sent):
    """Return what is wrong with a device's place in its rack."""
    check, facings = Check(row, sent), ["b", "f"]
    check.number("start_u", whole=True, greater_than=0)
    if row.start_u is None:
        check.add("end_u", "not_a_number", value=None)
    if row.facing not in facings:
        text, details = "must be either 'b' or 'f'", {"permitted": facings}
        check.add("facing", "inclusion", text, **details, value=row.facing)
    if row.rack_id not in model.racks:
        if row.start_u is not None:
            raise no_method("u_height", None)
        check.add("rack", "blank", "must exist")
        check.add("rack", "blank")
    elif row.start_u is not None:
        _fits(check, model, row)
    return check


def _fits(check, model, row):
    """Add where a device is too high, or begins where another one is.

    The rest of its span is not looked at.
    """
    height = model.racks[row.rack_id].u_height
    if model.end_u(row) > height:
        check.add("end_u", "is invalid")
    if not 1 <= row.start_u <= height:
        check.add("start_u", "is invalid")
        if row.facing is not None:  # it looks whether the place is free
            check.add("start_u", "is invalid")
    elif row.facing is not None and any(
        other.id != row.id
        and other.start_u <= row.start_u <= model.end_u(other)
        for other in model.devices_in(row.rack_id)
    ):
        check.add("start_u", "is occupied")
