"""The two interfaces: today's, and the one that it is to become."""

from __future__ import annotations

import dataclasses as dc

from tests.contract.concertim import coercions as to

_TEMPLATE = {
    "name": to.text,
    "description": to.text,
    "foreign_id": to.text,
    "vcpus": to.integer,
    "ram": to.integer,
    "disk": to.integer,
}
_RACK = {
    "name": to.text,
    "u_height": to.integer,
    "status": to.text,
    "creation_output": to.text,
}
_DEVICE = {
    "name": to.text,
    "type": to.text,
    "description": to.text,
    "status": to.text,
}
_BEGINNING = {"cloud_created_at": to.moment}


@dc.dataclass(frozen=True)
class Flavour:
    """Which scalars a body may hold, and the columns they go to."""

    name: str
    #: Whether racks are ordered and teams pay: order_id, cost, credits.
    priced: bool
    #: What PATCH takes, and what POST takes besides.
    template: dict
    rack: dict
    device: dict
    rack_create: dict = dc.field(default_factory=dict)
    device_create: dict = dc.field(default_factory=dict)


ORDERS = Flavour(
    name="orders",
    priced=True,
    template=_TEMPLATE,
    rack={**_RACK, "cost": to.decimal, "order_id": to.text},
    device={**_DEVICE, "cost": to.decimal},
)

HOURS = Flavour(
    name="hours",
    priced=False,
    template={**_TEMPLATE, "hourly_cost": to.decimal},
    rack=_RACK,
    device=_DEVICE,
    rack_create={**_BEGINNING, "cluster_type_name": to.text},
    device_create=_BEGINNING,
)

FLAVOURS = {flavour.name: flavour for flavour in (ORDERS, HOURS)}
