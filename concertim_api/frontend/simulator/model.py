"""The tables of the front end, in memory."""

from __future__ import annotations

import dataclasses as dc
import threading
import uuid
from decimal import Decimal


@dc.dataclass(frozen=True)
class Team:
    id: str
    name: str
    project_id: str | None = None
    cost: Decimal | None = Decimal(0)
    credits: Decimal = Decimal(0)


@dc.dataclass(frozen=True)
class User:
    id: str
    login: str
    password: str


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
    #: The template of racks themselves is none for devices.
    rackable: bool = True
    hourly_cost: Decimal | None = None


@dc.dataclass(frozen=True)
class Rack:
    id: str
    team_id: str
    name: str | None = None
    u_height: int = 42
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


class Model:
    """Rows by id. They are replaced, never changed; hold the lock."""

    def __init__(self):
        self.lock = threading.RLock()
        self.teams, self.users = {}, {}
        self.templates, self.racks, self.devices = {}, {}, {}
        self.cluster_types = set()
        self._in_rack = {}
        self._seed()

    def _seed(self):
        self.put(User(self.new_id(), "admin", "admin"))
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

    def new_id(self):
        return str(uuid.uuid4())

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
            Template: self.templates,
            Rack: self.racks,
            Device: self.devices,
        }[type(row)]

    def devices_in(self, rack_id):
        return [self.devices[i] for i in self._in_rack.get(rack_id, ())]

    def racks_of(self, team_id):
        return [r for r in self.racks.values() if r.team_id == team_id]

    def devices_from(self, template):
        return [d for d in self.devices.values() if d.template_id == template]

    def end_u(self, device):
        return device.start_u + self.templates[device.template_id].height - 1

    def drop(self, row):
        """Delete a template, a device, or a rack with its devices."""
        if isinstance(row, Rack):
            for device in self.devices_in(row.id):
                self.drop(device)
        self._table(row).pop(row.id, None)
        if isinstance(row, Device):
            self._in_rack[row.rack_id].pop(row.id, None)
