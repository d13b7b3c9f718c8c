"""The nouns of the view, and the facts that it is made of."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from concertim_api.domain import attributes
from concertim_api.domain.ledger.observations import Attributes, Ref
from concertim_api.domain.view.ours import DEFAULT, Rule
from concertim_api.domain.view.slots import Slot

DeviceType = Literal["Instance", "Volume", "Network"]


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A resource, as it is or as it was at a moment.

    ``start`` is the start of its life. Devices have their order by it, if
    the details have no date of the creation.
    """

    ref: Ref
    project_id: str | None = None
    shape: Attributes = dc.field(default_factory=dict)
    details: Attributes = dc.field(default_factory=dict)
    start: datetime | None = None
    updated_at: datetime | None = None

    @property
    def label(self) -> str:
        """The name in the cloud; "" if it has none."""
        return attributes.text(self.details.get("name"))

    @property
    def state(self) -> str | None:
        return attributes.state_of(self.shape, self.details)

    @property
    def created_at(self) -> datetime | None:
        return attributes.moment(self.details.get("created_at")) or self.start


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class RackContext:
    """The resources and names that the members of a rack refer to.

    ``ports`` and ``floating_ips``: those of the members. ``volumes``: those
    that are attached to members, but are none. ``networks`` and
    ``volume_types``: names by id. ``other_names``: those of the other racks
    of the project; ``previous_name``: the one of this rack.
    """

    ports: Sequence[Fact] = ()
    floating_ips: Sequence[Fact] = ()
    volumes: Sequence[Fact] = ()
    networks: Mapping[str, str] = dc.field(default_factory=dict)
    volume_types: Mapping[str, str] = dc.field(default_factory=dict)
    other_names: Collection[str] = ()
    previous_name: str | None = None


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the operator of the site decides about the view.

    ``projects``: a project is ours if one of these rules matches.
    """

    rack_height_u: int = 42
    rack_max_height_u: int = 72
    vcpus_per_u: int = 2
    template_max_height_u: int = 4
    projects: tuple[Rule, ...] = (DEFAULT,)

    def __post_init__(self) -> None:
        for field in dc.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int) and value < 1:
                raise ValueError(f"{field.name}: {value} is less than 1")

    def height_u(self, vcpus: int | None) -> int:
        """Return the height of a server with so many VCPUs."""
        height = (vcpus or 0) // self.vcpus_per_u + 1
        return min(height, self.template_max_height_u)


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Rack:
    """A stack, as the front end shows it.

    ``stack_name`` is the name in the cloud, ``name`` the one that the front
    end accepts; ``state`` is the state in the cloud, ``status`` the one in
    the front end. ``messages``: what a person should know
    of it, such as devices that have no slot.
    """

    ref: Ref
    project_id: str | None
    name: str
    stack_name: str
    description: str
    status: str
    status_reason: str
    state: str | None
    owner: str | None
    outputs: Mapping[str, Any]
    height_u: int
    used_u: int
    device_count: int
    messages: tuple[str, ...]
    order_id: str | None = None
    cost: Decimal | None = None
    created_at: datetime | None = None


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A server, volume or network in a rack.

    ``label`` is the name in the cloud, ``name`` the one that the front end
    accepts, unique in the rack. ``slot`` None: the rack is full.
    """

    ref: Ref
    rack: Ref
    project_id: str | None
    name: str
    label: str
    type: DeviceType
    status: str
    state: str | None
    slot: Slot | None
    template_id: str | None
    template: str | None
    details: Mapping[str, Any]
    public_ips: tuple[str, ...]
    private_ips: tuple[str, ...]
    networks: tuple[str, ...]
    created_at: datetime | None = None

    @property
    def start_u(self) -> int | None:
        return self.slot.start_u if self.slot else None

    @property
    def height_u(self) -> int | None:
        return self.slot.height_u if self.slot else None


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A flavor, as the front end shows it. None: it is not known."""

    ref: Ref
    name: str
    label: str
    description: str
    height_u: int
    vcpus: int | None
    ram_mb: int | None
    disk_gb: int | None
    public: bool
    details: Mapping[str, Any]

    @property
    def type(self) -> str:
        return "public" if self.public else "private"


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A project, as the front end shows it; ``roles``: by the user's id."""

    ref: Ref
    name: str
    label: str
    description: str
    enabled: bool
    roles: Mapping[str, tuple[str, ...]]
    cost: Decimal | None = None
    credits: Decimal | None = None
    billing_account_id: str | None = None

    @property
    def project_id(self) -> str:
        return self.ref.id


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user, as the front end shows it."""

    ref: Ref
    name: str
    label: str
    email: str | None
    enabled: bool


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class ProjectedRack:
    """A rack with its devices.

    They come from the bottom up; those without a slot come last.
    """

    rack: Rack
    devices: tuple[Device, ...]
