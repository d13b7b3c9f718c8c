"""The log of operations."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import listing as lists
from concertim_api.db import tables
from concertim_api.db.ledger.tables import resources
from concertim_api.db.listing import Condition
from concertim_api.db.transactions import Adapter
from concertim_api.db.types import Id, Micros, json_text
from concertim_api.domain import storable
from concertim_api.domain.errors import NotFound
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.operations import Evidence, Operation
from concertim_api.services.common.listing import Filter, Listing, Page
from concertim_api.services.operations.ports import (
    OpenOperations,
    PurgeLog,
    UnannouncedOperations,
)

#: What somebody had the cloud do. ``look_at`` NULL: it is finished;
#: ``is_told`` 0: its state is to be announced. ``claim``: a digest of its
#: subject until the cloud has answered.
table = tables.table(
    "operations",
    sa.Column("id", Id(36), primary_key=True),
    sa.Column("noun", Id(32), nullable=False),
    sa.Column("action", Id(32), nullable=False),
    sa.Column("region", Id(64), nullable=False),
    sa.Column("kind", Id(64), nullable=False),
    sa.Column("resource_id", Id(255)),
    sa.Column("name", Id(255)),
    sa.Column("project_id", Id(255)),
    sa.Column("user_id", Id(255)),
    sa.Column("request_id", Id(255)),
    sa.Column("arguments", json_text(), nullable=False),
    sa.Column("state", Id(16), nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("asked_at", Micros, nullable=False),
    sa.Column("answered_at", Micros),
    sa.Column("finished_at", Micros),
    sa.Column("look_at", Micros),
    sa.Column("looks", sa.Integer, nullable=False),
    sa.Column("told", Id(16)),
    sa.Column("is_told", sa.SmallInteger, nullable=False),
    sa.Column("claim", Id(32)),
    # operations by time; of a project, of a resource, is_alone(); forget()
    sa.Index(None, "asked_at", "id"),
    sa.Index(None, "project_id", "asked_at"),
    sa.Index(None, "resource_id", "asked_at"),
    # unfinished()
    sa.Index(None, "look_at"),
    # unannounced()
    sa.Index(None, "is_told", "asked_at"),
    # one operation at a time changes a subject: add()
    sa.Index(None, "claim", unique=True),
)

T = TypeVar("T")

_c = table.c
_r = resources.c

#: Columns that are no fields of an operation as they are. The column ``told``
#: holds Operation.announced_state.
_MAPPED = ("arguments", "is_told", "told", "claim")

_ROW = tuple(c for c in _c if c.name not in ("is_told", "claim"))

_FIELDS = lists.fields(_ROW, but=("arguments", "error", "name"))

#: Of characters: an error is a sentence, not a page.
_LONGEST = 4000


class SqlOperations(Adapter, OpenOperations, PurgeLog, UnannouncedOperations):
    """All ports of ``services.operations.ports``."""

    def add(self, operation: Operation) -> Operation | None:
        claim = _claim(operation)
        row = {"id": operation.id, "claim": claim, **_row(operation)}
        is_refused = False

        def work(c: Connection) -> Operation | None:
            nonlocal is_refused
            if is_refused and (first := _first(c, claim, operation.asked_at)):
                return first
            is_refused = True  # unless it is committed
            c.execute(sa.insert(table).values(row))
            return None

        return self._change(work)

    def save(self, operation: Operation) -> None:
        # It may have been announced since it was read.
        row = {**_row(operation), "claim": None}
        del row["told"]
        row["is_told"] = sa.case((_c.told == operation.state, 1), else_=0)
        is_open = _c.id == operation.id, _c.finished_at.is_(None)
        self._run(sa.update(table).where(*is_open).values(row))

    def page(self, listing: Listing) -> Page:
        query = sa.select(*_ROW).where(
            *lists.conditions(listing.filters, _FIELDS)
        )
        order = lists.order(
            listing.sort,
            {"asked_at": _c.asked_at},
            ("asked_at", True),
            _c.id,
        )
        page = self._read(lambda c: lists.page(c, query, listing, order))
        return Page([_operation(row) for row in page.rows], page.marker)

    def get(
        self, operation_id: str, filters: Collection[Filter] = ()
    ) -> Operation:
        query = sa.select(*_ROW).where(
            _c.id == operation_id, *lists.conditions(filters, _FIELDS)
        )
        row = self._row(query)
        if row is None:
            raise NotFound(f"Operation {operation_id} not found.")
        return _operation(row)

    def is_unchanged(self, user_id: str, since: datetime) -> bool:
        ended_at = sa.func.coalesce(_c.answered_at, _c.finished_at)
        query = sa.select(_c.id).where(
            _c.noun == "user",
            _c.resource_id == user_id,
            sa.or_(ended_at.is_(None), ended_at >= since),
        )
        return self._row(query.limit(1)) is None

    def unfinished(self, limit: int) -> list[Operation]:
        return self._some(_c.look_at.is_not(None), _c.look_at, limit)

    def unannounced(self, limit: int) -> list[Operation]:
        return self._some(_c.is_told == 0, _c.asked_at, limit)

    def _some(
        self, condition: Condition, order: sa.Column[Any], limit: int
    ) -> list[Operation]:
        query = sa.select(*_ROW).where(condition).order_by(order).limit(limit)
        return [_operation(row) for row in self._rows(query)]

    def set_announced(self, operations: Iterable[Operation]) -> None:
        states = [(o.id, o.state) for o in operations]
        if states:
            self._change(lambda c: _set_announced(c, states))

    def waiting(self) -> Mapping[str, int]:
        # Each uses an index: finished and announced operations are not read.
        query = sa.select(
            sa.select(sa.func.count())
            .where(_c.look_at.is_not(None))
            .scalar_subquery(),
            sa.select(sa.func.count())
            .where(_c.is_told == 0)
            .scalar_subquery(),
        )
        unfinished, untold = self._row(query)
        return {"open": unfinished, "untold": untold}

    def evidence(self, refs: Collection[Ref]) -> Mapping[Ref, Evidence]:
        if not refs:
            return {}
        query = sa.select(
            _r.region,
            _r.kind,
            _r.resource_id,
            _r.state,
            _r.details,
            _r.shape,
            _r.last_reported_at,
            _r.ended,
        ).where(_r.resource_id.in_(sorted({ref.id for ref in refs})))
        return {
            Ref(row.region, row.kind, row.resource_id): Evidence(
                state=row.state,
                details=orjson.loads(row.details),
                shape=orjson.loads(row.shape),
                reported_at=row.last_reported_at,
                is_ended=row.ended is not None,
            )
            for row in self._rows(query)
        }

    def is_alone(self, operation: Operation) -> bool:
        course = operation.course
        is_other = _c.action != operation.action
        if course is not None and course.is_traceless:
            is_other = sa.true()
        query = sa.select(_c.id).where(
            _c.resource_id == operation.resource_id,
            _c.region == operation.region,
            _c.kind == operation.kind,
            _c.id != operation.id,
            is_other,
            _c.state != "failed",
            sa.or_(
                _c.finished_at.is_(None),
                _c.finished_at > operation.asked_at,
            ),
        )
        return self._row(query.limit(1)) is None

    def forget(self, before: datetime, limit: int) -> int:
        chosen = (
            sa.select(_c.id)
            .where(_c.asked_at < before, _c.look_at.is_(None))
            .order_by(_c.asked_at)
            .limit(limit)
        )

        def work(c: Connection) -> int:
            ids = list(c.execute(chosen).scalars())
            if ids:
                c.execute(sa.delete(table).where(_c.id.in_(ids)))
            return len(ids)

        return int(self._change(work))


def _claim(operation: Operation) -> str | None:
    """Return the digest of what an operation claims; None: nothing."""
    if operation.subject is None or operation.state != "asked":
        return None
    subject = orjson.dumps(operation.subject)
    return hashlib.blake2b(subject, digest_size=16).hexdigest()


def _first(
    c: Connection, claim: str | None, now: datetime
) -> Operation | None:
    """Return the operation that has a claim. Who did not answer until an
    agent was to look has ended, and has it no longer."""
    claims = _c.claim == claim
    dead = sa.update(table).where(claims, _c.look_at <= now)
    c.execute(dead.values(claim=None))
    row = c.execute(sa.select(*_ROW).where(claims)).first()
    return _operation(row) if row else None


def _set_announced(c: Connection, states: Iterable[tuple[str, str]]) -> None:
    """Note announced states. One that changed meanwhile is still to be
    announced."""
    for operation_id, state in states:
        c.execute(
            sa.update(table)
            .where(_c.id == operation_id)
            .values(
                told=state, is_told=sa.case((_c.state == state, 1), else_=0)
            )
        )


def _row(operation: Operation) -> dict[str, Any]:
    row = {
        column.name: getattr(operation, column.name)
        for column in _c
        if column.name not in (*_MAPPED, "id")
    }
    error = operation.error
    row["error"] = error and storable.text(error)[:_LONGEST]
    row["name"] = operation.name and operation.name[:255]
    row["arguments"] = orjson.dumps(operation.arguments).decode()
    row["told"] = operation.announced_state
    row["is_told"] = int(operation.announced_state == operation.state)
    return row


def _operation(row: Any) -> Operation:
    values = dict(row._mapping)
    values["arguments"] = orjson.loads(values["arguments"])
    values["announced_state"] = values.pop("told")
    return Operation(**values)
