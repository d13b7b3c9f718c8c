"""The JSON of each object."""

from __future__ import annotations

from datetime import UTC, datetime

from concertim_api.frontend.simulator import coercions as to

#: When the users signed up.
_BEGAN = datetime(2026, 11, 1, tzinfo=UTC)

_TEMPLATE = (
    *("id", "name", "description", "height", "tag", "foreign_id"),
    *("vcpus", "ram", "disk"),
)
_TEAM = (
    *("id", "name", "project_id", "billing_acct_id"),
    *("billing_period_start", "billing_period_end"),
)
_ROLE = ("id", "team_id", "user_id")
_RACK = (
    *("id", "name", "u_height", "metadata", "status", "network_details"),
    "creation_output",
)
_DEVICE = ("id", "name", "description", "metadata", "status", "type")


def _fields(row, names):
    return {name: getattr(row, name) for name in names}


class Presenter:
    """Shows rows of a model as one flavour of the interface does."""

    def __init__(self, model, flavour):
        self.model, self.flavour = model, flavour

    def login(self, user):
        """Show a user to himself, secrets included."""
        shown = _fields(user, ("id", "login", "name", "root", "cloud_user_id"))
        empty = ("authentication_token", "pending_foreign_password")
        times = dict.fromkeys(
            ("created_at", "updated_at"), to.show_moment(_BEGAN)
        )
        return {
            **shown,
            **dict.fromkeys((*empty, "deleted_at")),
            **times,
            "email": f"{user.login}@test.com",
            "foreign_password": user.foreign_password,
        }

    def user(self, user, *, alone=False):
        """Show a user; a role is in a wrapping where he is shown alone."""
        shown = _fields(user, ("id", "login", "name", "root"))
        shown["fullname"] = user.name
        shown["email"], shown["status"] = f"{user.login}@test.com", "active"
        if not user.root:
            shown["cloud_user_id"] = user.cloud_user_id
        roles = [_fields(r, _ROLE) for r in self.model.roles_of(user)]
        wrapped = [{"team_role": role} for role in roles]
        return {**shown, "team_roles": wrapped if alone else roles}

    def team(self, team):
        shown = _fields(team, _TEAM if self.flavour.priced else _TEAM[:3])
        if self.flavour.priced:
            shown["cost"] = to.show_decimal(team.cost)
            shown["credits"] = to.show_decimal(team.credits)
        return shown

    def template(self, template):
        shown = _fields(template, _TEMPLATE)
        if not self.flavour.priced:
            units = to.show_decimal(template.hourly_compute_units)
            shown["hourly_compute_units"] = units
        return shown

    def rack(self, rack, *, devices=False):
        """Show a rack, and its devices where it is shown alone."""
        shown = _fields(rack, _RACK)
        shown["owner"] = self.team(self.model.teams[rack.team_id])
        if self.flavour.priced:
            shown["order_id"] = rack.order_id
            shown["cost"] = to.show_cost(rack.cost)
        if devices:
            rows = self.model.devices_in(rack.id)
            shown["devices"] = [self.device(row) for row in rows]
        return shown

    def device(self, device, *, alone=False):
        """Show a device, and its whole template where it is alone."""
        template = self.model.templates[device.template_id]
        shown = _fields(device, _DEVICE)
        if self.flavour.priced:
            shown["cost"] = to.show_cost(device.cost)
        else:
            shown["created_at"] = to.show_moment(device.cloud_created_at)
        shown["location"] = {
            "type": "rack",
            "depth": 2,
            "facing": device.facing,
            "rack_id": device.rack_id,
            "start_u": device.start_u,
            "end_u": self.model.end_u(device),
        }
        if alone:
            nested = {"template": self.template(template)}
        else:
            nested = {"template_id": template.id}
        return {**shown, **device.details, **nested}
