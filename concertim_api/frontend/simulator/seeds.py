"""Rows to begin with. They are stored as given, valid or not."""

from __future__ import annotations

from concertim_api.frontend.simulator.columns import DETAILS_OF, no_details
from concertim_api.frontend.simulator.model import (
    Device,
    Rack,
    Role,
    Team,
    Template,
    User,
)


class Seeds:
    """Puts rows into a model, past its coercions and validations."""

    def __init__(self, model):
        self.model = model

    def _put(self, kind, *fields, **columns):
        with self.model.lock:
            return self.model.put(
                kind(self.model.new_id(), *fields, **columns)
            )

    def team(self, name, project_id=None, **columns):
        return self._put(Team, name, project_id, **columns)

    def user(self, login, **columns):
        """Put a user whose password is the login."""
        columns = {"name": login.capitalize()} | columns
        return self._put(User, login, login, **columns)

    def role(self, user, team, role):
        return self._put(Role, user.id, team.id, role)

    def template(self, name, height=2, **columns):
        return self._put(Template, name, height=height, **columns)

    def cluster_type(self, name):
        with self.model.lock:
            self.model.cluster_types.add(name)

    def rack(self, team, name="rack", **columns):
        columns = {
            "u_height": 42,
            "status": "ACTIVE",
            "order_id": self.model.new_id(),
        } | columns
        return self._put(Rack, team.id, name, **columns)

    def device(self, rack, name, kind="Instance", *, template=None, **columns):
        """Put a device into a rack, below the others if no start_u tells."""
        with self.model.lock:
            there = self.model.devices_in(rack.id)
            start_u = 1 + max(map(self.model.end_u, there), default=0)
            template = template or self._template_of(kind)
            class_name = DETAILS_OF[kind]
            columns = {
                "start_u": start_u,
                "status": "ACTIVE",
                "details_type": class_name,
            } | columns
            told = columns.pop("details", {})
            return self._put(
                Device,
                rack.id,
                template.id,
                name=name,
                type=kind,
                details=no_details(class_name) | told,
                **columns,
            )

    def _template_of(self, kind):
        templates = list(self.model.templates.values())
        if kind != "Instance":
            return next(t for t in templates if t.tag == kind.lower())
        plain = [t for t in templates if t.tag is None]
        return plain[0] if plain else self.template("m1.small")


class LegacySeeds:
    """Puts rows that look as the front end's former feeder wrote them.

    It formatted every value as text, so lists and maps are Python's reprs.
    """

    def __init__(self, seed):
        self.seed = seed

    def rack(self, team, name, stack_id, *, outputs=None, **columns):
        """Put a rack; ``outputs`` is ``{key: value}``."""
        told = {
            key: {
                "output_key": key,
                "output_value": value,
                "description": f"The {key}",
            }
            for key, value in (outputs or {}).items()
        }
        columns = {
            "order_id": "None",
            "creation_output": ", ".join(f"{k}={v}" for k, v in told.items()),
            "metadata": {
                "openstack_stack_id": stack_id,
                "openstack_stack_owner": "CM_admin",
                "openstack_stack_owner_id": str(team.project_id),
                "stack_status_reason": "Stack CREATE completed successfully",
                "openstack_stack_output": str(list(told.items())),
            },
        } | columns
        return self.seed.rack(team, name, **columns)

    def server(self, rack, name, server_id, *, ips=(), volumes=(), **columns):
        """Put an instance, whose addresses are private ones."""
        told = {
            "public_ips": "[]",
            "private_ips": str(list(ips)),
            "ssh_key": "None",
            "login_user": "None",
            "volume_details": str(list(volumes)),
        }
        return self._device(
            rack, name, "Instance", server_id, told, "['net-a']", **columns
        )

    def volume(self, rack, name, volume_id, *, size=10, **columns):
        told = {
            "availability_zone": "nova",
            "bootable": False,
            "encrypted": False,
            "size": size,
            "volume_type": "None",
        }
        return self._device(rack, name, "Volume", volume_id, told, **columns)

    def network(self, rack, name, network_id, **columns):
        """Put a network, whose mtu was "None" and so became 0."""
        told = {
            "admin_state_up": True,
            "l2_adjacency": True,
            "mtu": 0,
            "port_security_enabled": True,
            "shared": False,
        }
        return self._device(rack, name, "Network", network_id, told, **columns)

    def _device(self, rack, name, kind, its_id, told, nets=None, **columns):
        metadata = {
            "openstack_instance_id": its_id,
            "openstack_stack_id": rack.metadata["openstack_stack_id"],
        }
        if nets:
            metadata["net_interfaces"] = nets
        columns = {"metadata": metadata, "description": kind} | columns
        return self.seed.device(rack, name, kind, details=told, **columns)
