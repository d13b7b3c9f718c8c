"""The tables of the front end, in memory."""

from __future__ import annotations

import dataclasses as dc
import threading
import uuid
from decimal import Decimal

FULL_DEPTH = 2


@dc.dataclass(frozen=True)
class Team:
    id: str
    name: str
    project_id: str | None = None
    billing_acct_id: str | None = None
    billing_period_start: object = None
    billing_period_end: object = None
    cost: Decimal | None = Decimal(0)
    credits: Decimal = Decimal(0)
    deleted_at: float | None = None


@dc.dataclass(frozen=True)
class User:
    id: str
    login: str
    password: str
    name: str
    email: str
    root: bool = False
    cloud_user_id: str | None = None
    deleted_at: float | None = None


@dc.dataclass(frozen=True)
class Role:
    id: str
    team_id: str
    user_id: str
    role: str


@dc.dataclass(frozen=True)
class Template:
    id: str
    name: str | None = None
    description: str | None = None
    height: int | None = None
    tag: str | None = None
    foreign_id: str | None = None
    vcpus: int | None = None
    ram: int | None = None
    disk: int | None = None
    depth: int = FULL_DEPTH
    #: The template of racks themselves is none for devices.
    rackable: bool = True
    hourly_cost: Decimal | None = None


@dc.dataclass(frozen=True)
class Rack:
    id: str
    team_id: str
    name: str | None = None
    u_height: int | None = None
    status: str | None = None
    order_id: str | None = None
    cost: Decimal = Decimal(0)
    creation_output: str | None = None
    metadata: object = dc.field(default_factory=dict)
    network_details: object = dc.field(default_factory=dict)
    cloud_created_at: object = None
    cluster_type_name: str | None = None


@dc.dataclass(frozen=True)
class Device:
    """A device, with its place in a rack and its details."""

    id: str
    rack_id: str
    template_id: str
    start_u: int
    facing: str = "f"
    name: str | None = None
    type: str | None = None
    description: str | None = None
    status: str | None = None
    cost: Decimal = Decimal(0)
    metadata: object = dc.field(default_factory=dict)
    details_type: str | None = None
    details: dict = dc.field(default_factory=dict)
    cloud_created_at: object = None


def _new_id():
    return str(uuid.uuid4())


class Model:
    """Rows by id. They are replaced, never changed; hold the lock."""

    def __init__(self, new_id=_new_id):
        self.new_id = new_id
        self.lock = threading.RLock()
        self.teams, self.users, self.roles = {}, {}, {}
        self.templates, self.racks, self.devices = {}, {}, {}
        self.cluster_types = set()
        #: Limits of the licence, if it has any.
        self.rack_limit = self.device_limit = None
        #: Without the cloud's configuration no team or user is deleted.
        self.cloud_configured = True
        #: What is to be deleted once the cloud has: ("team", id), ..
        self.jobs = []
        self._in_rack = {}
        self._seed()

    def _seed(self):
        self.put(
            User(self.new_id(), "admin", "admin", "Admin", "admin@host", True)
        )
        for name, height in (("rack", 42), ("network", 1), ("volume", 2)):
            self.put(
                Template(
                    self.new_id(),
                    name,
                    height=height,
                    tag=name,
                    rackable=name != "rack",
                )
            )

    def put(self, row):
        """Keep a row, in place of the one with its id, and return it."""
        self._table(row)[row.id] = row
        if isinstance(row, Device):
            self._in_rack.setdefault(row.rack_id, {})[row.id] = None
        return row

    def _table(self, row):
        return {
            Team: self.teams,
            User: self.users,
            Role: self.roles,
            Template: self.templates,
            Rack: self.racks,
            Device: self.devices,
        }[type(row)]

    def devices_in(self, rack_id):
        return [self.devices[i] for i in self._in_rack.get(rack_id, ())]

    def racks_of(self, team_id):
        return [r for r in self.racks.values() if r.team_id == team_id]

    def roles_of(self, user_id):
        return [r for r in self.roles.values() if r.user_id == user_id]

    def users_of(self, template):
        """Return the devices and racks that were made from a template."""
        if template.tag == "rack":
            return list(self.racks.values())
        return [
            device
            for device in self.devices.values()
            if device.template_id == template.id
        ]

    def end_u(self, device):
        return device.start_u + self.templates[device.template_id].height - 1

    # Deletion

    def drop(self, row):
        """Delete a row and what belongs to it."""
        for belonging in self._belongings(row):
            self.drop(belonging)
        self._table(row).pop(row.id, None)
        if isinstance(row, Device):
            self._in_rack[row.rack_id].pop(row.id, None)

    def _belongings(self, row):
        if isinstance(row, Team):
            roles = [r for r in self.roles.values() if r.team_id == row.id]
            return roles + self.racks_of(row.id)
        if isinstance(row, User):
            return self.roles_of(row.id)
        if isinstance(row, Rack):
            return self.devices_in(row.id)
        if isinstance(row, Template):
            return self.users_of(row)
        return []

    def run_jobs(self):
        """Delete what waits for it, as when the cloud has done its part."""
        with self.lock:
            jobs, self.jobs[:] = list(self.jobs), []
            for kind, row_id in jobs:
                table = self.teams if kind == "team" else self.users
                if row_id in table:
                    self.drop(table[row_id])
