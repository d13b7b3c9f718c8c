"""Running resources, with which the sync compares the cloud."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.ledger import tables
from concertim_api.db.listing import Condition
from concertim_api.db.transactions import Adapter
from concertim_api.db.types import EPOCH
from concertim_api.domain import attributes
from concertim_api.services.ledger.ports import SyncReader

_r = tables.resources.c


class SqlSyncReader(Adapter, SyncReader):
    """``services.ledger.ports.SyncReader`` of a database."""

    def running(self, region: str, kind: str) -> dict[str, datetime]:
        query = sa.select(_r.resource_id, _r.last_reported_at).where(
            _r.kind == kind, _r.region == region, *_runs()
        )
        return {id_: moment or EPOCH for id_, moment in self._rows(query)}

    def read_marks(self, region: str) -> dict[str, datetime]:
        query = sa.select(_r.resource_id, _r.details).where(
            _r.kind == "stack",
            _r.belongs_to == "",
            _r.region == region,
            *_runs(),
        )
        return self._read(lambda c: _marks(c, query))


def _marks(
    connection: Connection, query: sa.Select[Any]
) -> dict[str, datetime]:
    # Row by row: the details of a large stack are large.
    rows = connection.execution_options(yield_per=100).execute(query)
    return {
        resource_id: read_at
        for resource_id, details in rows
        if (read_at := attributes.moment(orjson.loads(details).get("read_at")))
    }


def _runs() -> tuple[Condition, ...]:
    return _r.start_at.is_not(None), _r.ended.is_(None)
