"""The JSON of each object."""

from __future__ import annotations

from concertim_api.frontend.simulator import coercions as to

_TEMPLATE = (
    *("id", "name", "description", "height", "tag", "foreign_id"),
    *("vcpus", "ram", "disk"),
)
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

    def team(self, team):
        shown = _fields(team, ("id", "name", "project_id"))
        if self.flavour.priced:
            shown["cost"] = to.show_decimal(team.cost)
            shown["credits"] = to.show_decimal(team.credits)
        return shown

    def template(self, template):
        shown = _fields(template, _TEMPLATE)
        if not self.flavour.priced:
            shown["hourly_cost"] = to.show_decimal(template.hourly_cost)
        return shown

    def rack(self, rack, *, devices=False):
        """Show a rack, and its devices where it is shown alone."""
        shown = _fields(rack, _RACK) | self._price(rack)
        shown["owner"] = self.team(self.model.teams[rack.team_id])
        if self.flavour.priced:
            shown["order_id"] = rack.order_id
        if devices:
            rows = self.model.devices_in(rack.id)
            shown["devices"] = [self.device(row) for row in rows]
        return shown

    def device(self, device, *, alone=False):
        """Show a device, and its whole template where it is alone."""
        template = self.model.templates[device.template_id]
        shown = _fields(device, _DEVICE) | self._price(device)
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

    def _price(self, row):
        if self.flavour.priced:
            return {"cost": to.show_cost(row.cost)}
        return {"created_at": to.show_moment(row.cloud_created_at)}
