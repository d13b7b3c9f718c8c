"""The heartbeats of listeners: a row for each process and region."""

from __future__ import annotations

import dataclasses as dc
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import tables
from concertim_api.db.transactions import Adapter
from concertim_api.db.types import Id, Micros
from concertim_api.domain import storable
from concertim_api.services.monitoring.ports import Heartbeat

table = tables.table(
    "listeners",
    sa.Column("name", Id(255), primary_key=True),
    sa.Column("region", Id(64), primary_key=True),
    sa.Column("started_at", Micros, nullable=False),
    sa.Column("beat_at", Micros, nullable=False),
    sa.Column("stored_at", Micros),
    sa.Column("waiting", sa.BigInteger),
    sa.Column("problem", sa.Text),
    sa.Column("ended_at", Micros),
)

_c = table.c


class SqlHeartbeats(Adapter):
    """``HeartbeatReader`` and ``HeartbeatWriter`` of
    ``services.monitoring.ports``."""

    def heartbeats(self) -> list[Heartbeat]:
        query = sa.select(table).order_by(_c.region, _c.name)
        return [Heartbeat(**row._mapping) for row in self._rows(query)]

    def beat(self, heartbeat: Heartbeat) -> None:
        self._change(lambda c: _beat(c, heartbeat))

    def forget(self, before: datetime) -> None:
        self._run(sa.delete(table).where(_c.beat_at < before))


def _beat(connection: Connection, heartbeat: Heartbeat) -> None:
    values = dc.asdict(heartbeat)
    if heartbeat.problem:
        values["problem"] = storable.text(heartbeat.problem)[:1000]
    update = (
        sa.update(table)
        .where(_c.name == heartbeat.name, _c.region == heartbeat.region)
        .values(values)
    )
    if not connection.execute(update).rowcount:
        connection.execute(sa.insert(table).values(values))
