"""Rows of the view from the domain's objects: what lists answer with, now
and for any past moment."""

from __future__ import annotations

import functools
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.model import Device, Rack, Team, Template, User
from concertim_api.domain.view.slots import Slot
from concertim_api.services.common.listing import Json
from concertim_api.services.view.ports import Showing, ViewRow

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z


def _json(**fields: Any) -> Json:
    """Return JSON with sorted keys: what is equal, is equal text."""
    return orjson.dumps(fields, default=_plain, option=_OPTIONS).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return dict(value)


@functools.singledispatch
def showing(thing: object) -> Showing:
    """Return the row that shows a rack, device, template, team or user."""
    raise TypeError(f"not of the view: {thing!r}")


@showing.register
def _rack(rack: Rack) -> Showing:
    return Showing(
        noun="rack",
        ref=rack.ref,
        project_id=rack.project_id,
        name=rack.name,
        status=rack.status,
        height_u=rack.height_u,
        body=_json(
            stack_name=rack.stack_name,
            description=rack.description,
            status_reason=rack.status_reason,
            state=rack.state,
            owner=rack.owner,
            outputs=rack.outputs,
            used_u=rack.used_u,
            device_count=rack.devices,
            messages=rack.messages,
            order_id=rack.order_id,
            cost=rack.cost,
            created_at=rack.created_at,
        ),
    )


@showing.register
def _device(device: Device) -> Showing:
    slot = device.slot
    return Showing(
        noun="device",
        ref=device.ref,
        project_id=device.project_id,
        name=device.name,
        status=device.status,
        type=device.type,
        rack=device.rack,
        start_u=slot.start_u if slot else None,
        height_u=slot.height_u if slot else None,
        body=_json(
            label=device.label,
            state=device.state,
            template_id=device.template_id,
            template=device.template,
            public_ips=device.public_ips,
            private_ips=device.private_ips,
            networks=device.networks,
            details=device.details,
            created_at=device.created_at,
        ),
    )


@showing.register
def _template(template: Template) -> Showing:
    return Showing(
        noun="template",
        ref=template.ref,
        project_id=None,
        name=template.name,
        type="public" if template.public else "private",
        height_u=template.height_u,
        body=_json(
            label=template.label,
            description=template.description,
            vcpus=template.vcpus,
            ram_mb=template.ram_mb,
            disk_gb=template.disk_gb,
            public=template.public,
            details=template.details,
        ),
    )


@showing.register
def _team(team: Team) -> Showing:
    return Showing(
        noun="team",
        ref=team.ref,
        project_id=team.ref.id,
        name=team.name,
        body=_json(
            label=team.label,
            description=team.description,
            enabled=team.enabled,
            roles=team.roles,
            cost=team.cost,
            credits=team.credits,
            billing_account_id=team.billing_account_id,
        ),
    )


@showing.register
def _user(user: User) -> Showing:
    return Showing(
        noun="user",
        ref=user.ref,
        project_id=None,
        name=user.name,
        body=_json(label=user.label, email=user.email, enabled=user.enabled),
    )


def rack_of(row: ViewRow) -> Rack:
    """Return the rack that a row shows."""
    body = orjson.loads(row.body)
    return Rack(
        ref=Ref(row.region, row.kind, row.id),
        project_id=row.project_id,
        name=row.name,
        status=row.status or "",
        height_u=row.height_u or 0,
        devices=body.pop("device_count"),
        messages=tuple(body.pop("messages")),
        created_at=_moment(body.pop("created_at")),
        **body,
    )


def device_of(row: ViewRow, rack: Ref) -> Device:
    """Return the device that a row shows."""
    body: dict[str, Any] = orjson.loads(row.body)
    tuples = ("public_ips", "private_ips", "networks")
    lists: dict[str, Any] = {name: tuple(body.pop(name)) for name in tuples}
    start_u, height_u = row.start_u, row.height_u
    return Device(
        ref=Ref(row.region, row.kind, row.id),
        rack=rack,
        project_id=row.project_id,
        name=row.name,
        status=row.status or "",
        type=row.type,  # type: ignore[arg-type]
        slot=Slot(start_u, height_u) if start_u and height_u else None,
        created_at=_moment(body.pop("created_at")),
        **lists,
        **body,
    )


def template_of(row: ViewRow) -> Template:
    """Return the template that a row shows."""
    return Template(
        ref=Ref(row.region, row.kind, row.id),
        name=row.name,
        height_u=row.height_u or 0,
        **orjson.loads(row.body),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
