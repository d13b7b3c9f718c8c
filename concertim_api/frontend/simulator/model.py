"""The tables of the front end, in memory."""

from __future__ import annotations

import dataclasses as dc
import datetime as dt
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
    billing_acct_id: str | None = None
    billing_period_start: dt.date | None = None
    billing_period_end: dt.date | None = None


@dc.dataclass(frozen=True)
class User:
    id: str
    login: str
    password: str
    name: str | None = None
    root: bool = False
    cloud_user_id: str | None = None
    foreign_password: str | None = None


@dc.dataclass(frozen=True)
class Role:
    """What a user may in a team: "admin" writes, "member" reads."""

    id: str
    user_id: str
    team_id: str
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
    #: The template of racks themselves is none for devices.
    rackable: bool = True
    hourly_compute_units: Decimal | None = None


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
    start_u: int | None
    facing: str | None = "f"
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
        self.teams, self.users, self.roles = {}, {}, {}
        self.templates, self.racks, self.devices = {}, {}, {}
        self.cluster_types = set()
        self.today = dt.date.today
        self._in_rack, self._ages = {}, {}
        self._seed()

    def _seed(self):
        root = {"name": "System Administrator", "root": True}
        self.put(User(self.new_id(), "admin", "admin", **root))
        for name, height in (("rack", 42), ("network", 1), ("volume", 2)):
            self.put(
                Template(
                    self.new_id(),
                    name,
                    name.capitalize(),
                    height=height,
                    tag=name,
                    rackable=name != "rack",
                )
            )

    def new_id(self):
        return str(uuid.uuid4())

    def put(self, row):
        """Keep a row, in place of the one with its id, and return it.

        PostgreSQL lists first what was not changed for the longest time.
        """
        table = self._table(row)
        table.pop(row.id, None)
        table[row.id] = row
        self._ages.setdefault(row.id, len(self._ages))
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
        """Return the racks of a team, the oldest first."""
        racks = [r for r in self.racks.values() if r.team_id == team_id]
        return sorted(racks, key=lambda rack: self._ages[rack.id])

    def roles_of(self, user):
        return [r for r in self.roles.values() if r.user_id == user.id]

    def devices_from(self, template):
        return [d for d in self.devices.values() if d.template_id == template]

    def end_u(self, device):
        """Return the last U of a device, if it has a first one."""
        height = self.templates[device.template_id].height
        return device.start_u and device.start_u + height - 1

    def _drop_all(self, rows):
        for row in rows:
            self.drop(row)

    def drop(self, row):
        """Delete a row, and the devices in it or made from it."""
        if isinstance(row, Rack):
            self._drop_all(self.devices_in(row.id))
        if isinstance(row, Template):
            self._drop_all(self.devices_from(row.id))
        self._table(row).pop(row.id, None)
        if isinstance(row, Device):
            self._in_rack[row.rack_id].pop(row.id, None)
