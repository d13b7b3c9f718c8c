"""The jobs of the agents: what they do, and when they last did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import tables
from concertim_api.db.transactions import Adapter
from concertim_api.db.types import Id, Micros, json_text
from concertim_api.domain import storable
from concertim_api.domain.errors import NotFound
from concertim_api.services.jobs.ports import JobRecord

table = tables.table(
    "jobs",
    sa.Column("name", Id(255), primary_key=True),
    sa.Column("interval_ms", sa.BigInteger, nullable=False),
    sa.Column("agent", Id(255)),
    sa.Column("started_at", Micros),
    sa.Column("finished_at", Micros),
    sa.Column("outcome", Id(16)),
    sa.Column("summary", json_text(), nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("asked_at", Micros),
    sa.Column("asked", json_text(), nullable=False),
    sa.Column("ended_at", Micros),
)

_c = table.c


class SqlJobs(Adapter):
    """``JobLog`` and ``JobRequests`` of ``services.jobs.ports``."""

    def jobs(self) -> list[JobRecord]:
        query = sa.select(table).order_by(_c.name)
        return [_job(row) for row in self._rows(query)]

    def job(self, name: str) -> JobRecord | None:
        return self._read(lambda c: _named(c, name))

    def save(self, job: JobRecord) -> None:
        self._change(lambda c: _save(c, job))

    def ask(
        self, name: str, options: Mapping[str, Any], now: datetime
    ) -> JobRecord:
        update = (
            sa.update(table)
            .where(_c.name == name)
            .values(asked_at=now, asked=_json(options))
        )
        return self._change(lambda c: _ask(c, name, update))

    def end(self, agent: str, at: datetime) -> None:
        update = sa.update(table).where(_c.agent == agent)
        self._run(update.values(ended_at=at))

    def forget(self, name: str, before: datetime) -> bool:
        delete = sa.delete(table).where(
            _c.name == name,
            _c.started_at < before,
            sa.func.coalesce(_c.finished_at, _c.started_at) < before,
        )
        return bool(self._run(delete))


def _named(connection: Connection, name: str) -> JobRecord | None:
    query = sa.select(table).where(_c.name == name)
    row = connection.execute(query).one_or_none()
    return None if row is None else _job(row)


def _job(row: Any) -> JobRecord:
    values = dict(row._mapping)
    values["interval"] = values.pop("interval_ms") / 1000
    values["summary"] = orjson.loads(row.summary)
    values["options"] = orjson.loads(values.pop("asked"))
    return JobRecord(**values)


def _save(connection: Connection, job: JobRecord) -> None:
    values = {
        "interval_ms": round(job.interval * 1000),
        "agent": job.agent,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "outcome": job.outcome,
        "summary": _json(job.summary),
        "error": job.error and storable.text(job.error)[:10000],
        "ended_at": job.ended_at,
    }
    result = connection.execute(
        sa.update(table).where(_c.name == job.name).values(values)
    )
    if not result.rowcount:
        connection.execute(
            sa.insert(table).values(name=job.name, asked="{}", **values)
        )
    elif job.asked_at is not None and _is_finished(job):
        connection.execute(
            sa.update(table)
            .where(_c.name == job.name, _c.asked_at == job.asked_at)
            .values(asked_at=None, asked="{}")
        )


def _is_finished(job: JobRecord) -> bool:
    if job.finished_at is None:
        return False
    return job.started_at is None or job.started_at <= job.finished_at


def _ask(connection: Connection, name: str, update: sa.Update) -> JobRecord:
    result = connection.execute(update)
    record = _named(connection, name) if result.rowcount else None
    if record is None:
        raise NotFound(f"job {name}")
    return record


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value, default=str).decode()
