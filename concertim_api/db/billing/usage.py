"""The periods that are rated, with what decides their price."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from concertim_api.db import listing as lists
from concertim_api.db.ledger import fields, tables
from concertim_api.db.ledger.queries import archived_before, overlapping
from concertim_api.db.listing import Condition, Field
from concertim_api.db.transactions import Adapter
from concertim_api.db.types import as_json
from concertim_api.db.view.tables import members, slots
from concertim_api.domain.attributes import section
from concertim_api.domain.billing.rating import BilledResource, UsagePeriod
from concertim_api.domain.billing.tariff import Profile
from concertim_api.services.common.listing import Filter
from concertim_api.services.ledger.ports import Types, Window

_p = tables.periods.c
_r = tables.resources.c
_s = slots.c
_m = members.c

_RACK = tables.resources.alias("rack")
_PROJECT = tables.resources.alias("project")


def _racks() -> Iterator[sa.ScalarSelect[Any]]:
    """Yield where the rack of a period's resource is found, the best first.

    The rack in which it had its slot when the period began, and else the
    first one. A device has no slot if its rack is full. A rack is in itself.
    """
    slot = sa.select(_s.rack_pk).where(_s.device_pk == _p.resource_pk).limit(1)
    yield (
        slot.where(_s.since_at <= _p.start_at)
        .order_by(_s.since_at.desc())
        .scalar_subquery()
    )
    yield slot.order_by(_s.since_at).scalar_subquery()
    yield (
        sa.select(sa.func.max(_m.rack_pk))
        .where(
            _m.resource_id == _r.resource_id,
            _m.kind == _r.kind,
            _m.region == _r.region,
            _m.is_device == 1,
        )
        .scalar_subquery()
    )


_SOURCE = fields.JOINED.outerjoin(
    _RACK,
    sa.and_(
        # What was given away has no rack of those who gave it.
        _RACK.c.project_id == _p.project_id,
        _RACK.c.region == _r.region,
        _RACK.c.pk == sa.func.coalesce(*_racks()),
    ),
)
_FIELDS = {**fields.PERIOD_FIELDS, "rack_id": Field(_RACK.c.resource_id)}

#: The fields of a profile that a condition seldom looks at -> what has them.
_SELDOM = {
    "availability_zone": as_json(_r.details)["availability_zone"].as_string(),
    "domain": as_json(_PROJECT.c.details)["domain_id"].as_string(),
}


class SqlBilledUsage(Adapter):
    """``services.billing.ports.BilledUsage`` of a database."""

    def archived_before(self) -> datetime | None:
        return archived_before(self._row)

    def periods(
        self,
        filters: Sequence[Filter],
        window: Window,
        types: Types,
        limit: int,
        *,
        reach: Window | None = None,
        whole: bool = False,
        looks_at: Collection[str] = (),
    ) -> list[UsagePeriod]:
        shown = sa.and_(
            _p.is_usage == 1,
            *lists.conditions(filters, _FIELDS),
            *overlapping(window),
        )
        needed = _needed(filters, window, reach) if reach else shown
        if whole:
            needed = _before(needed, reach or window)
        source = _SOURCE
        if "domain" in looks_at:
            source = source.outerjoin(_PROJECT, sa.and_(*_is_project()))
        query = (
            sa.select(
                sa.case((shown, 1), else_=0),
                *_columns(types, frozenset(looks_at)),
            )
            .select_from(source)
            .where(needed)
            .order_by(_p.resource_pk, _p.start_at)
            .limit(limit)
        )
        profiles = functools.cache(_profile)
        return [_period(row, profiles) for row in self._rows(query)]


def _needed(
    filters: Sequence[Filter], window: Window, reach: Window
) -> Condition:
    """Return the condition for what decides the prices in a window."""
    projects = [f for f in filters if f.field == "project_id"]
    return sa.and_(
        _p.is_usage == 1,
        *lists.conditions(projects, _FIELDS),
        *overlapping(reach),
    )


def _before(needed: Condition, window: Window) -> Condition:
    """Return the condition for all that resources have up to a window."""
    resources = sa.select(_p.resource_pk).select_from(_SOURCE).where(needed)
    return sa.and_(
        _p.is_usage == 1,
        _p.resource_pk.in_(resources.correlate(None)),
        *overlapping(Window(None, window.end)),
    )


def _is_project() -> Iterator[Condition]:
    yield _PROJECT.c.kind == "project"
    yield _PROJECT.c.region == _p.region
    yield _PROJECT.c.resource_id == _p.project_id


# Made once: to make them takes as long as to run the statement.
@functools.cache
def _columns(
    types: Types, looks_at: frozenset[str]
) -> Sequence[sa.ColumnElement[Any]]:
    row = {column.key: column for column in fields.period_row(types)}
    return (
        *(_p.resource_pk, row["start"], row["end"]),
        *(row["resource_id"], row["name"]),
        *(_RACK.c.resource_id, sa.func.nullif(_RACK.c.name, "")),
        *(row[name] for name in ("kind", "type", "state", "region")),
        *(row[name] for name in ("vcpus", "ram_mb", "disk_gb")),
        row["project_id"],
        as_json(_p.shape)["flavor", "extra_specs"].as_string(),
        as_json(_p.shape)["resource_class"].as_string(),
        *(
            column if name in looks_at else sa.null()
            for name, column in _SELDOM.items()
        ),
    )


def _period(row: Any, profiles: Any) -> UsagePeriod:
    shown, resource, start, end, *names = row[:8]
    named = BilledResource(*names) if shown else None
    return UsagePeriod(resource, start, end, profiles(*row[8:]), named)


def _profile(
    kind: str,
    type_: str | None,
    state: str | None,
    region: str,
    vcpus: int,
    ram_mb: int,
    disk_gb: int,
    project: str | None,
    specs: str | None,
    resource_class: str | None,
    zone: str | None,
    domain: str | None,
) -> Profile:
    return Profile(
        kind,
        type_ or "",
        state or "",
        region,
        zone or "",
        vcpus,
        ram_mb,
        disk_gb,
        _specs(specs),
        resource_class or "",
        project or "",
        domain or "",
    )


def _specs(text: str | None) -> tuple[tuple[str, str], ...]:
    """Return extra specs; none for what a correction says instead."""
    try:
        specs = section(orjson.loads(text or "{}"))
    except orjson.JSONDecodeError:
        return ()
    return tuple(sorted((key, str(value)) for key, value in specs.items()))
