"""The JSON of each object."""

from __future__ import annotations

from tests.contract.concertim import coercions as to


class Presenter:
    """Shows rows of a model as one flavour of the interface does."""

    def __init__(self, model, flavour):
        self.model, self.flavour = model, flavour

    def team(self, team):
        shown = {
            "id": team.id,
            "name": team.name,
            "project_id": team.project_id,
        }
        if not self.flavour.priced:
            return shown
        return {
            **shown,
            "cost": to.show_decimal(team.cost),
            "credits": to.show_decimal(team.credits),
        }

    def user(self, user):
        return {"id": user.id, "login": user.login}

    def template(self, template):
        shown = {
            name: getattr(template, name)
            for name in (
                "id",
                "name",
                "description",
                "height",
                "tag",
                "foreign_id",
                "vcpus",
                "ram",
                "disk",
            )
        }
        if not self.flavour.priced:
            shown["hourly_cost"] = to.show_decimal(template.hourly_cost)
        return shown

    def rack(self, rack, *, devices=False):
        """Show a rack, and its devices where it is shown alone."""
        shown = {
            "id": rack.id,
            "name": rack.name,
            "u_height": rack.u_height,
            "metadata": rack.metadata,
            "status": rack.status,
            "network_details": rack.network_details,
            "creation_output": rack.creation_output,
            **self._price(rack),
            "owner": self.team(self.model.teams[rack.team_id]),
        }
        if self.flavour.priced:
            shown["order_id"] = rack.order_id
        if devices:
            shown["devices"] = [
                self.device(d) for d in self.model.devices_in(rack.id)
            ]
        return shown

    def device(self, device, *, alone=False):
        """Show a device, and its whole template where it is alone."""
        template = self.model.templates[device.template_id]
        nested = (
            {"template": self.template(template)}
            if alone
            else {"template_id": template.id}
        )
        return {
            "id": device.id,
            "name": device.name,
            "description": device.description,
            "metadata": device.metadata,
            "status": device.status,
            **self._price(device),
            "location": {
                "depth": 2,
                "end_u": self.model.end_u(device),
                "facing": device.facing,
                "rack_id": device.rack_id,
                "start_u": device.start_u,
                "type": "rack",
            },
            "type": device.type,
            **device.details,
            **nested,
        }

    def _price(self, row):
        if self.flavour.priced:
            return {"cost": to.show_cost(row.cost)}
        return {"created_at": to.show_moment(row.cloud_created_at)}
