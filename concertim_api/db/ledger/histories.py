"""What is read of observations: who said what, and when."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import listing as lists
from concertim_api.db import models
from concertim_api.db.ledger import fields
from concertim_api.db.ledger import rows as records
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.services.common.listing import Listing, Page

_r = models.resources.c
_o = models.observations.c


def of(connection: Connection, pk: int, ref: Ref) -> list[Observation]:
    """Return the observations of one resource, in their order."""
    rows = connection.execute(
        sa.select(*fields.OBSERVATION)
        .where(_o.resource_pk == pk)
        .order_by(_o.at, _o.reported_at, _o.key)
    )
    return [records.observation(ref, row) for row in rows]


def histories(
    connection: Connection, refs: Collection[Ref]
) -> dict[Ref, list[Observation]]:
    found: dict[Ref, list[Observation]] = {ref: [] for ref in refs}
    rows = connection.execute(
        sa.select(*fields.OBSERVATION, _r.region, _r.kind, _r.resource_id)
        .join(models.resources, _r.pk == _o.resource_pk)
        .where(_r.resource_id.in_(sorted({ref.id for ref in refs})))
        .order_by(_o.at, _o.reported_at, _o.key)
    )
    for row in rows:
        ref = Ref(*row[-3:])
        if ref in found:
            found[ref].append(records.observation(ref, row[:-3]))
    return found


def observations(connection: Connection, listing: Listing) -> Page:
    page = lists.page(
        connection,
        sa.select(*fields.OBSERVATION, _r.region, _r.kind, _r.resource_id)
        .join(models.resources, _r.pk == _o.resource_pk)
        .where(*lists.conditions(listing.filters, fields.OBSERVATION_FIELDS)),
        listing,
        lists.order(
            listing.sort,
            fields.OBSERVATION_SORT,
            ("reported_at", False),
            _o.pk,
        ),
    )
    return Page([records.received(row) for row in page.rows], page.marker)
